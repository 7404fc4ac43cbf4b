using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Hosting;

/// <summary>
/// Calls from a thread that runs its own continuations, as UI threads do, and that blocks on them: every one there is.
/// </summary>
public sealed partial class CallerContextTests
{
    /// <summary>What is not called from such a thread.</summary>
    private static readonly Type[] Others =
    [
        typeof(IWorkflow<>), typeof(IWorkflow<,>), typeof(WorkflowContext), // Code that has a scheduler of its own.
        typeof(IExecutionArchive), typeof(InMemoryWorkflowStore), // The engine calls them.
        typeof(ITransactionClient), // Needs a database: the tests with Entity Framework Core have it.
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>All that the engine's assembly has for callers; what stores implement, the engine calls.</summary>
    public static TheoryData<string> Awaited => [.. AwaitedCalls.Of(
        typeof(HydraEngine).Assembly.GetExportedTypes().Where(
            static type => type.Namespace != typeof(IWorkflowStore).Namespace && !Others.Contains(type)))];

    [Theory]
    [MemberData(nameof(Awaited))]
    public async Task A_thread_that_blocks_on_a_call_is_not_deadlocked(string method)
    {
        Assert.True(Calls.TryGetValue(method, out var call), $"Nothing calls {method} here yet.");
        await using var stage = await Stage.OpenAsync();

        await CallerThread.RunAsync(() => call(stage));
    }

    [Fact]
    public void No_call_is_listed_that_is_not_there() =>
        Assert.Empty(Calls.Keys.Except(Awaited.Select(static row => row.Data)));

    [Fact]
    public async Task The_caller_s_context_is_there_again_after_a_call()
    {
        await using var stage = await Stage.OpenAsync();
        var stays = false;

        await CallerThread.RunAsync(() =>
        {
            var before = SynchronizationContext.Current;
            _ = stage.Client.Workflow<string, string>("test").StartAsync("1");
            stays = before is not null && before == SynchronizationContext.Current;
        });

        Assert.True(stays);
    }
}
