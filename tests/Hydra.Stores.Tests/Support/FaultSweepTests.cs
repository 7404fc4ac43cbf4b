using Hydra.Storage;
using Hydra.Testing;
using Hydra.Tests.Support;

namespace Hydra.Tests.Faults;

/// <summary>
/// A small workflow, once for every call that its engine makes and every way in which that call can fail.
/// </summary>
public class FaultSweepTests
{
    private const int MostCalls = 40; // Of one kind: beats and looks go on for as long as the clock does.

    public static TheoryData<StoreCallKind, string> Faults
    {
        get
        {
            var data = new TheoryData<StoreCallKind, string>();
            foreach (var kind in Enum.GetValues<StoreCallKind>())
            {
                foreach (var fault in StoreFault.All)
                {
                    data.Add(kind, fault.ToString());
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task The_engine_survives_a_fault_in_any_call(StoreCallKind kind, string name)
    {
        var fault = StoreFault.All.Single(one => one.ToString() == name);
        var number = 0;
        bool reached;
        do
        {
            number++;
            reached = await PlayAsync(new StoreCall(kind, number), fault);
        }
        while (reached && number < MostCalls);

        var isUsed = kind != StoreCallKind.Verify; // Only an engine that does not migrate verifies.
        Assert.True(number > 1 == isUsed, $"{number - 1} calls of {kind} were made to fail.");
    }

    /// <summary>Runs the workflow in a world where one call fails; false when there was no such call.</summary>
    private static async Task<bool> PlayAsync(StoreCall failing, StoreFault fault)
    {
        await using var world = new World();
        var (armed, reached) = (true, false);
        StoreFault? Plan(StoreCall call)
        {
            var fails = armed && call == failing && !reached; // Once: another engine counts from one again.
            reached |= fails;
            return fails ? fault : null;
        }

        var client = await OpenAsync(world, Plan);
        var handle = await StartAsync(world, client, fault);
        if (handle is not null)
        {
            CheckEnd(await RepeatAsync(() => world.EndOf(handle)), failing, fault);
        }

        armed = failing.Kind == StoreCallKind.CloseSession; // What comes now must go well.
        var next = await StartAsync(world, client, fault) ?? await StartAsync(world, client, fault);
        Assert.Equal(ExecutionState.Completed, (await RepeatAsync(() => world.EndOf(next!))).Row.State);
        await world.CloseAsync();
        return reached;
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
    private static Task<IHydraClient> OpenAsync(World world, Func<StoreCall, StoreFault?> plan) => RepeatAsync(
        () => world.Until(world.OpenAsync(hydra => hydra
            .AddWorkflow<int, int>("test", RunAsync)
            .UseStore(setup => new FaultyStore(
                new InMemoryWorkflowStore(world.Database, setup.Namespace), plan)))));

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
