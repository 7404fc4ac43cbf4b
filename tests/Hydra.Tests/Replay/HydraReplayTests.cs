using Hydra.Engine;
using Hydra.Tests.Support;

namespace Hydra.Tests.Replay;

/// <summary>Histories from elsewhere, run with today's code in this process: what a debugger steps through.</summary>
public class HydraReplayTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_class_is_run_over_the_values_that_are_recorded_and_no_body_is()
    {
        var history = await RecordAsync();

        var plain = await HydraReplay.RunAsync<Priced>(history, cancellationToken: Token);
        var made = await HydraReplay.RunAsync(history, () => new Priced(), cancellationToken: Token);
        var composed = await HydraReplay.RunAsync(
            history,
            hydra => hydra
                .UseStore(_ => throw new InvalidOperationException("A store was made."))
                .AddWorkflow<Priced>("test").AddWorker(),
            cancellationToken: Token);

        foreach (var report in new[] { plain, made, composed })
        {
            Assert.Equal((ReplayVerdict.Matches, null), (report.Verdict, report.Difference));
            Assert.Equal("12", report.FoundEnd?.Output.Text());
            Assert.Equal(["price", "add"], report.Steps.Select(step => step.Issued?.Key));
        }
    }

    [Fact]
    public async Task Code_that_is_stepped_through_sees_what_was_recorded()
    {
        var history = await RecordAsync();
        var seen = new List<string>();

        await HydraReplay.RunAsync(history, () => new Priced { Note = seen.Add }, cancellationToken: Token);

        Assert.Equal(["price 10", "sum 12"], seen);
    }

    [Fact]
    public async Task Somebody_who_looks_at_it_in_a_debugger_may_take_longer_than_patience_has()
    {
        var history = await RecordAsync();
        var patience = new ReplayOptions { Patience = TimeSpan.FromMilliseconds(20) };

        var stepped = await RunAsync(debugged: true);
        var late = await RunAsync(debugged: false);

        Assert.Equal(ReplayVerdict.Matches, stepped.Verdict);
        Assert.Equal(ReplayVerdict.NeverYields, late.Verdict);

        async Task<ReplayReport> RunAsync(bool debugged)
        {
            using var runtime = new Debugged(debugged);
            var report = await HydraReplay.RunAsync(
                history,
                hydra =>
                {
                    hydra.Runtime = runtime;
                    hydra.AddWorkflow(_ => new Priced { Note = _ => runtime.StandStill() }, "test");
                },
                patience,
                Token);
            runtime.GoOn();
            return report;
        }
    }

    [Fact]
    public async Task What_differs_is_told_and_what_is_no_history_refused()
    {
        var history = await RecordAsync();

        var other = await HydraReplay.RunAsync<Other>(history, cancellationToken: Token);
        var needy = await HydraReplay.RunAsync<Needy>(history, cancellationToken: Token);
        await Assert.ThrowsAsync<FormatException>(() => HydraReplay.RunAsync<Other>("{}", cancellationToken: Token));

        Assert.Equal(ReplayVerdict.Differs, other.Verdict);
        Assert.Contains("step 'price' at seq 1, but the code awaits step 'cost'", other.Difference);
        Assert.Equal(ReplayVerdict.CannotRun, needy.Verdict);
    }

    private static async Task<string> RecordAsync()
    {
        await using var world = new World();
        var client = await world.OpenAsync(hydra => hydra.AddWorkflow(_ => new Priced { Price = 10 }, "test"));
        var handle = await client.Workflow<Priced>().StartAsync(2, cancellationToken: Token);
        return HistoryJson.Format(await world.EndOf(handle));
    }

    /// <summary>Bodies throw where there is no price.</summary>
    private sealed class Priced : IWorkflow<int, int>
    {
        public int? Price { get; init; }

        public Action<string>? Note { get; init; }

        public async Task<int> RunAsync(WorkflowContext context, int input)
        {
            var known = await context.StepAsync("price", _ => Task.FromResult(Price!.Value));
            Note?.Invoke($"price {known}");
            var sum = await context.StepAsync("add", known, (value, _) => Task.FromResult(Price!.Value + input));
            Note?.Invoke($"sum {sum}");
            return sum;
        }
    }

    private sealed class Other : IWorkflow<int, int>
    {
        public Task<int> RunAsync(WorkflowContext context, int input) =>
            context.StepAsync("cost", _ => Task.FromResult(1));
    }

    private sealed class Needy(IFormatProvider format) : IWorkflow<int, int>
    {
        public Task<int> RunAsync(WorkflowContext context, int input) =>
            context.StepAsync("price", _ => Task.FromResult(format.GetHashCode()));
    }

    /// <summary>A process in which somebody steps through the code, or nobody does and it stands still.</summary>
    private sealed class Debugged(bool attached) : EngineRuntime(TimeProvider.System)
    {
        private readonly ManualResetEventSlim _goesOn = new();

        /// <summary>It is asked when patience has ended; only then does the code go on.</summary>
        public override bool IsDebugged
        {
            get
            {
                if (attached)
                {
                    GoOn();
                }

                return attached;
            }
        }

        public void StandStill() => _goesOn.Wait(Token);

        public void GoOn() => _goesOn.Set();

        public override void Post(IThreadPoolWorkItem item) =>
            ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);

        public override Task Run(Func<Task> loop) => Task.Run(loop);

        public override Task Beat<T>(
            Func<Task<T>> beat, Func<T?, Exception?, TimeSpan?> handle, CancellationToken stopping)
            where T : class => Task.CompletedTask;

        public override ulong NextRandom() => 17;
    }
}
