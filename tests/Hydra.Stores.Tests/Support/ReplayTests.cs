using System.Globalization;
using System.Text;
using Hydra.Storage;
using Microsoft.Extensions.Logging;

namespace Hydra.Stores.Tests;

/// <summary>
/// Workflows that change while their executions are in the middle of their steps: a replay predicts what a worker of
/// the changed build then does.
/// </summary>
public abstract class ReplayTests : IAsyncDisposable
{
    private static readonly string[] Changes = ["renamed", "input", "inserted", "removed", "optional"];

    private readonly SemaphoreSlim _stands = new(0);
    private volatile bool _holds = true;
    private int _bodies;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private sealed record Charge(string Card, int Amount);

    private sealed record NotedCharge(string Card, int Amount, string? Note = null);

    [Fact]
    public async Task A_change_under_a_live_execution_is_predicted_blocks_and_is_completed_by_the_old_build()
    {
        var ids = await StartAsync();

        var predicted = await PredictAsync(ids);
        var blocked = await RunChangedAsync(ids);
        var completed = await CompleteAsync(ids);

        AssertTells(predicted["renamed"], "step 'charge' at seq 1, but the code awaits step 'debit'");
        AssertTells(
            predicted["input"],
            """The input of step 'charge' at seq 1 was {"card":"4711","amount":5}, """
                + """but the code gives it {"card":"4711","amount":6}.""");
        AssertTells(predicted["inserted"], "step 'reserve' at seq 2, but the code awaits step 'check'");
        AssertTells(predicted["removed"], "step 'reserve' at seq 2, but the code awaits step 'last'");
        Assert.Equal((ReplayVerdict.Matches, null), (predicted["optional"].Verdict, predicted["optional"].Difference));
        Assert.Equal("last", Assert.Single(predicted["optional"].Calls).Key);
        foreach (var change in Changes)
        {
            var isBreaking = change != "optional";
            Assert.Equal(
                isBreaking ? ExecutionState.Blocked : ExecutionState.Completed, blocked[change].Row.State);
            Assert.Equal(
                isBreaking ? predicted[change].Difference : null,
                blocked[change].Refusals.SingleOrDefault() is { } refusal ? Message(refusal) : null);
            Assert.Equal((ExecutionState.Completed, 0), (completed[change].Row.State, completed[change].Row.Crashes));
        }
    }

    [Fact]
    public async Task A_dry_run_of_a_fork_runs_no_body_and_changes_nothing()
    {
        var ids = await StartAsync();
        await using var engine = await OpenAsync(changed: false, build: null);
        var source = engine.Client.Execution(ids["input"]);
        var before = await DumpAsync(engine.Client, ids);
        var bodies = _bodies;

        var edited = await source.DryForkAsync(
            "charge", new ForkOptions().WithStepInput(new Charge("4712", 9)), Token);
        var given = await source.DryForkAsync("charge", new ForkOptions().WithStepOutput(1), Token);

        Assert.Equal((bodies, before), (_bodies, await DumpAsync(engine.Client, ids)));
        Assert.Equal(Changes.Length, (await engine.Client.ListAsync(cancellationToken: Token)).Count);
        Assert.Equal((ReplayVerdict.Matches, ReplayVerdict.Matches), (edited.Verdict, given.Verdict));
        var call = Assert.Single(edited.Calls);
        Assert.Equal("charge", call.Key);
        Assert.Equal("""{"card":"4712","amount":9}""", Encoding.UTF8.GetString(call.Input.Data.Span));
        Assert.Equal("last", Assert.Single(given.Calls).Key);
    }

    public async ValueTask DisposeAsync()
    {
        await DropAsync();
        _stands.Dispose();
        GC.SuppressFinalize(this);
    }

    protected abstract void Use(HydraBuilder hydra);

    protected abstract Task DropAsync();

    /// <summary>Runs all of them up to their last step, and stops the worker there.</summary>
    private async Task<Dictionary<string, ExecutionId>> StartAsync()
    {
        await using var engine = await OpenAsync(changed: false, "old");
        var ids = new Dictionary<string, ExecutionId>();
        foreach (var change in Changes)
        {
            ids[change] = (await engine.Client.Workflow<int, int>(change).StartAsync(
                0, cancellationToken: Token)).Id;
        }

        foreach (var _ in Changes)
        {
            await _stands.WaitAsync(Token);
        }

        return ids;
    }

    /// <summary>Replays them with the changed code, and sees that no body runs and nothing changes.</summary>
    private async Task<Dictionary<string, ReplayReport>> PredictAsync(Dictionary<string, ExecutionId> ids)
    {
        await using var engine = await OpenAsync(changed: true, build: null);
        var before = await DumpAsync(engine.Client, ids);
        var bodies = _bodies;

        var all = await engine.Client.ReplayAsync(cancellationToken: Token).ToListAsync(Token);
        var one = await engine.Client.Execution(ids["input"]).ReplayAsync(cancellationToken: Token);

        Assert.Equal((bodies, before), (_bodies, await DumpAsync(engine.Client, ids)));
        Assert.Equal(Changes.Length, all.Count);
        Assert.Equal(all.Single(report => report.Row.Id == one.Row.Id).Difference, one.Difference);
        return ids.ToDictionary(pair => pair.Key, pair => all.Single(report => report.Row.Id == pair.Value));
    }

    /// <summary>Lets a worker of the changed code have them.</summary>
    private async Task<Dictionary<string, ExecutionDetails>> RunChangedAsync(Dictionary<string, ExecutionId> ids)
    {
        _holds = false;
        using var log = new RefusalLog();
        await using (var engine = await OpenAsync(changed: true, "new", log))
        {
            await engine.Client.Execution(ids["optional"]).WaitAsync(Token);
            for (var refused = 0; refused < Changes.Length - 1; refused++)
            {
                await log.Refused.WaitAsync(Token);
            }
        }

        await using var after = await OpenAsync(changed: true, build: null); // What was refused is written by now.
        return await DescribeAsync(after.Client, ids);
    }

    private async Task<Dictionary<string, ExecutionDetails>> CompleteAsync(Dictionary<string, ExecutionId> ids)
    {
        await using var engine = await OpenAsync(changed: false, "old");
        foreach (var id in ids.Values)
        {
            await engine.Client.Execution(id).WaitAsync(Token);
        }

        return await DescribeAsync(engine.Client, ids);
    }

    private Task<HydraEngine> OpenAsync(bool changed, string? build, ILoggerFactory? log = null) =>
        HydraEngine.OpenAsync(
            hydra =>
            {
                Use(hydra);
                foreach (var change in Changes)
                {
                    hydra.AddWorkflow<int, int>(change, (context, _) => RunAsync(context, changed ? change : ""));
                }

                hydra.LoggerFactory = log ?? hydra.LoggerFactory;
                if (build is not null)
                {
                    hydra.AddWorker(worker => worker with
                    {
                        Build = build,
                        PollInterval = TimeSpan.FromMilliseconds(100),
                        HeartbeatInterval = TimeSpan.FromMilliseconds(200),
                    });
                }
            },
            Token);

    private async Task<int> RunAsync(WorkflowContext context, string change)
    {
        if (change == "optional")
        {
            await context.StepAsync("charge", new NotedCharge("4711", 5), (_, _) => BodyAsync());
        }
        else
        {
            await context.StepAsync(
                change == "renamed" ? "debit" : "charge",
                new Charge("4711", change == "input" ? 6 : 5),
                (_, _) => BodyAsync());
        }

        if (change == "inserted")
        {
            await context.StepAsync("check", 1, (_, _) => BodyAsync());
        }

        if (change != "removed")
        {
            await context.StepAsync("reserve", 1, (_, _) => BodyAsync());
        }

        return await context.StepAsync("last", 1, async (_, token) =>
        {
            if (_holds)
            {
                _stands.Release();
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            }

            return await BodyAsync();
        });
    }

    private Task<int> BodyAsync()
    {
        Interlocked.Increment(ref _bodies);
        return Task.FromResult(1);
    }

    private static async Task<Dictionary<string, ExecutionDetails>> DescribeAsync(
        IHydraClient client, Dictionary<string, ExecutionId> ids)
    {
        var all = new Dictionary<string, ExecutionDetails>();
        foreach (var (change, id) in ids)
        {
            all[change] = await client.Execution(id).DescribeAsync(Token);
        }

        return all;
    }

    /// <summary>Everything that is stored of them, and the sessions, as text.</summary>
    private static async Task<string> DumpAsync(IHydraClient client, Dictionary<string, ExecutionId> ids)
    {
        var all = await DescribeAsync(client, ids);
        var sessions = await client.WorkersAsync(Token);
        return string.Join('\n', all.Values.Select(HistoryJson.Format))
            + sessions.Count.ToString(CultureInfo.InvariantCulture);
    }

    private static void AssertTells(ReplayReport report, string what)
    {
        Assert.Equal(ReplayVerdict.Differs, report.Verdict);
        Assert.Contains(what, report.Difference);
        Assert.False(report.Steps[^1].IsEqual);
    }

    private static string Message(RefusalRow refusal) => Engine.EngineJson.ReadFailure(refusal.Difference).Message;

    /// <summary>Tells when a worker has refused an execution.</summary>
    private sealed class RefusalLog : ILoggerFactory, ILogger
    {
        public SemaphoreSlim Refused { get; } = new(0);

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (formatter(state, exception).Contains("does not match build", StringComparison.Ordinal))
            {
                Refused.Release();
            }
        }

        public void Dispose() => Refused.Dispose();
    }
}
