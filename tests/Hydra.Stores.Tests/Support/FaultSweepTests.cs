using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Stores.Tests;

/// <summary>
/// A small workflow on one store, once for every call that its engine makes and every way in which that call can fail.
/// </summary>
public abstract class FaultSweepTests<THarness>
    where THarness : StoreHarness, new()
{
    /// <summary>How many calls of each kind fail: beats and looks go on for as long as the clock does.</summary>
    protected virtual int MostCalls => 40;

    [Theory]
    [MemberData(nameof(FaultRows.OfAll), MemberType = typeof(FaultRows))]
    public async Task The_engine_survives_a_fault_in_any_call(StoreCallKind kind, string name)
    {
        var fault = FaultRows.Named(kind, name);
        var harness = CreateHarness(kind);
        var number = 0;
        try
        {
            for (var reached = true; reached && number < MostCalls;)
            {
                reached = await PlayAsync(harness, new StoreCall(kind, ++number), fault);
                if (kind == StoreCallKind.Migrate)
                {
                    await harness.DisposeAsync();
                    harness = CreateHarness(kind); // There is something to migrate once only.
                }
            }
        }
        finally
        {
            await harness.DisposeAsync();
        }

        var isUsed = kind != StoreCallKind.Verify; // Only an engine that does not migrate verifies.
        Assert.True(number > 1 == isUsed, $"{number - 1} calls of {kind} were made to fail.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_fork_is_whole_or_not_there_wherever_its_process_dies(bool behind)
    {
        await using var harness = new THarness();
        var (deaths, made) = (0, 0);
        for (var reached = true; reached; deaths++)
        {
            await using var world = new World(harness.Clock);
            var client = await OpenAsync(world, harness, $"{behind}{deaths}", static _ => null);
            var source = await StartAsync(world, client, StoreFault.AfterCall);
            Assert.Equal(ExecutionState.Completed, (await world.EndOf(source!)).Row.State);

            reached = await DieInForkAsync(world, harness, source!.Id, $"{behind}{deaths}", deaths, behind);
            made += await CheckForkAsync(world, client, source) ? 1 : 0;
            await world.CloseAsync();
        }

        Assert.InRange(deaths, 3, 100);
        Assert.Equal(behind ? 2 : 1, made); // By the last, which nothing befell, and where the start had been written.
    }

    /// <summary>Forks in a process that dies in one of its calls; false when there was no such call.</summary>
    private static async Task<bool> DieInForkAsync(
        World world, StoreHarness harness, ExecutionId source, string @namespace, int call, bool behind)
    {
        var (left, store) = (int.MaxValue, (FaultyStore?)null);
        var real = await harness.OpenAsync(@namespace, migrate: false, TestContext.Current.CancellationToken);
        var client = await world.Until(world.OpenAsync(
            hydra =>
            {
                hydra.Namespace = @namespace;
                hydra.UseStore(_ => store = new FaultyStore(
                    world.Counted(real),
                    _ => left-- == 0 ? behind ? StoreFault.CrashAfterCall : StoreFault.CrashBeforeCall : null));
            },
            worker: null));
        left = call;
        var fork = client.Execution(source).ForkAsync(
            "sum", cancellationToken: TestContext.Current.CancellationToken);
        await world.Until(Task.WhenAny(fork, store!.Crashed));
        var died = !fork.IsCompleted;
        await world.CrashAsync(client);
        return died;
    }

    /// <summary>Whether there is a fork, which then is as long as it should be and comes to the same end.</summary>
    private static async Task<bool> CheckForkAsync(World world, IHydraClient client, ExecutionHandle source)
    {
        var all = await client.ListAsync(cancellationToken: TestContext.Current.CancellationToken);
        if (all.Count == 1)
        {
            return false;
        }

        var fork = client.Execution(Assert.Single(all, row => row.Id != source.Id).Id);
        var end = await world.EndOf(fork);
        var whole = (await source.DescribeAsync(TestContext.Current.CancellationToken)).Journal;
        Assert.Equal(ExecutionState.Completed, end.Row.State);
        Assert.Equal(source.Id, end.Origin?.Source);
        Assert.Equal(StepsOf(whole), StepsOf(end.Journal));
        Assert.Equal(whole[^1].Output, end.Journal[^1].Output);
        return true;
    }

    private static IEnumerable<string> StepsOf(IReadOnlyList<JournalEntry> journal) =>
        journal.Where(static entry => entry.Kind == EntryKind.Step).Select(static entry => entry.Key);

    private static StoreHarness CreateHarness(StoreCallKind failing) =>
        failing == StoreCallKind.Migrate ? new THarness().CreateAnother() : new THarness();

    /// <summary>Runs the workflow in a world where one call fails; false when there was no such call.</summary>
    private static async Task<bool> PlayAsync(StoreHarness harness, StoreCall failing, StoreFault fault)
    {
        await using var world = new World(harness.Clock);
        var script = new FaultScript(failing, fault, before: null);
        var client = await OpenAsync(world, harness, $"{failing}", script.Decide);
        var handle = await StartAsync(world, client, fault);
        if (handle is not null)
        {
            CheckEnd(await RepeatAsync(() => world.EndOf(handle)), failing, fault);
        }

        script.IsOver = failing.Kind != StoreCallKind.CloseSession; // What comes now must go well.
        var next = await StartAsync(world, client, fault) ?? await StartAsync(world, client, fault);
        Assert.Equal(ExecutionState.Completed, (await RepeatAsync(() => world.EndOf(next!))).Row.State);
        await world.CloseAsync();
        return script.IsReached;
    }

    /// <summary>Two steps at once, one of which fails at first, a sleep, and a step with what came of them.</summary>
    private static async Task<int> RunAsync(WorkflowContext context, int input)
    {
        var one = context.StepAsync("one", input, static (value, _) => Task.FromResult(value + 1));
        var failsOnce = true;
        var two = context.StepAsync("two", input, (value, _) => failsOnce && !(failsOnce = false)
            ? throw new InvalidOperationException("the first try fails")
            : Task.FromResult(value + 2));
        await Task.WhenAll(one, two);
        await context.SleepAsync(TimeSpan.FromSeconds(2));
        return await context.StepAsync("sum", await one + await two, static (value, _) => Task.FromResult(value));
    }

    /// <summary>Opens an engine; where the database is at fault a host would start the process again.</summary>
    private static Task<IHydraClient> OpenAsync(
        World world, StoreHarness harness, string @namespace, Func<StoreCall, StoreFault?> plan) => RepeatAsync(
        async () =>
        {
            var store = await harness.OpenAsync(@namespace, migrate: false, TestContext.Current.CancellationToken);
            return await world.Until(world.OpenAsync(hydra =>
            {
                hydra.Namespace = @namespace;
                hydra.AddWorkflow<int, int>("test", RunAsync);
                hydra.UseStore(_ => new FaultyStore(world.Counted(store), plan));
            }));
        });

    /// <summary>Starts the workflow; null when the store refused the start for good, and the caller was told.</summary>
    private static async Task<ExecutionHandle?> StartAsync(World world, IHydraClient client, StoreFault fault)
    {
        try
        {
            return await world.Until(client.Workflow<int, int>("test").StartAsync(
                1, cancellationToken: TestContext.Current.CancellationToken));
        }
        catch (StoreException exception) when (exception.Kind == fault.Kind && IsForGood(fault))
        {
            return null;
        }
    }

    private static void CheckEnd(ExecutionDetails details, StoreCall failing, StoreFault fault)
    {
        var told = $"{fault} {failing.Number} of {failing.Kind}: {details.Row}";
        Assert.True(details.Row.Crashes == 0, told);
        Assert.Equal(Enumerable.Range(0, details.Journal.Count), details.Journal.Select(entry => (int)entry.Seq));
        if (failing.Kind == StoreCallKind.Commit && fault.Kind == StoreErrorKind.Deterministic)
        {
            return; // What the store refuses for good becomes a failure of the step, or of the execution.
        }

        Assert.True(details.Row.State == ExecutionState.Completed, told);
        Assert.Equal("5", System.Text.Encoding.UTF8.GetString(details.Journal[^1].Output.Data.Span));
        Assert.Equal(
            ["one", "sum", "two"],
            details.Journal.Where(entry => entry.Kind == EntryKind.Step && !entry.Failed).Select(entry => entry.Key)
                .Order());
    }

    /// <summary>Makes a call whose caller is told of the fault, and then once more.</summary>
    private static async Task<T> RepeatAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (StoreException exception) when (exception.Message.StartsWith("Injected", StringComparison.Ordinal))
        {
            return await call();
        }
    }

    private static bool IsForGood(StoreFault fault) =>
        fault.Kind is StoreErrorKind.Deterministic or StoreErrorKind.Unavailable;
}
