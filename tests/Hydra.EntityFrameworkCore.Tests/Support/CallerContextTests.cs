using System.Data.Common;
using Hydra.Tests.Support;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Hydra.EntityFrameworkCore.Tests;

/// <summary>
/// Calls from a thread that runs its own continuations, as UI threads do, and that blocks on them: every one there is
/// that has to do with a context.
/// </summary>
public abstract class CallerContextTests(Database database) : ContextTests(database)
{
    private static readonly Dictionary<string, Action<On>> Calls = new()
    {
        ["ISaveChangesClient.StartAsync(workflow, input, options)"] = on =>
            on.Gate.Block(() => on.Saved.StartAsync("double", Payload.Create("1"u8), new() { Key = "one" })),
        ["ITransactionClient.CancelAsync(id)"] = on =>
            on.InTransaction(client => on.Gate.Block(() => client.CancelAsync(on.Sleeper))),
        ["ITransactionClient.StartAsync(workflow, input, options)"] = on =>
            on.InTransaction(client => on.Gate.Block(() => client.StartAsync("double", Payload.Create("1"u8)))),
        ["WorkflowClientExtensions.StartAllAsync(workflow, inputs, options)"] = on =>
        {
            on.Gate.Block(() => on.Saved.Workflow<int, int>("double").StartAllAsync([1, 2], Keyed));
            on.InTransaction(client =>
            {
                on.Gate.Block(() => client.Workflow<int, int>("double").StartAllAsync([3, 4], Keyed));
                on.Gate.Block(() => on.Saved.Workflow<int, int>("double").StartAllAsync([5, 6], Keyed));
            });
        },
        ["WorkflowClientExtensions.StartAsync(workflow, input, options)"] = on =>
        {
            on.Gate.Block(() => on.Saved.Workflow<int, int>("double").StartAsync(1, Keyed(1)));
            on.InTransaction(client =>
            {
                on.Gate.Block(() => client.Workflow<int, int>("double").StartAsync(2, Keyed(2)));
                on.Gate.Block(() => on.Saved.Workflow<int, int>("double").StartAsync(3, Keyed(3)));
            });
        },
    };

    /// <summary>All but the steps in a context's transaction: workflow code has a scheduler of its own.</summary>
    public static TheoryData<string> Awaited => [.. AwaitedCalls.Of(
        [
            .. typeof(ISaveChangesClient).Assembly.GetExportedTypes().Where(
                static type => type != typeof(HydraWorkflowContextExtensions)),
            typeof(ITransactionClient),
            typeof(WorkflowClientExtensions),
        ])];

    [Theory]
    [MemberData(nameof(Awaited))]
    public async Task A_thread_that_blocks_on_a_call_is_not_deadlocked(string method)
    {
        Assert.True(Calls.TryGetValue(method, out var call), $"Nothing calls {method} here yet.");
        var sleeper = await Client.Workflow<int, Nothing>("sleep").StartAsync(1, cancellationToken: Token);
        var gate = new AnswerGate();
        await using var context = CreateContext(new Later(gate));

        await CallerThread.RunAsync(() => call(new On(Client, context, gate, sleeper.Id)));
    }

    [Fact]
    public void No_call_is_listed_that_is_not_there() =>
        Assert.Empty(Calls.Keys.Except(Awaited.Select(static row => row.Data)));

    private static StartOptions Keyed(int number) => new() { Key = $"number-{number}" };

    private sealed record On(IHydraClient Client, ShopContext Context, AnswerGate Gate, ExecutionId Sleeper)
    {
        public ISaveChangesClient Saved => Client.With(Context);

        public void InTransaction(Action<ITransactionClient> call)
        {
            using var transaction = Context.Database.BeginTransaction();
            call(Client.In(Context));
            transaction.Rollback();
        }
    }

    /// <summary>Connections that open only once the call has returned.</summary>
    private sealed class Later(AnswerGate gate) : DbConnectionInterceptor
    {
        public override async ValueTask<InterceptionResult> ConnectionOpeningAsync(
            DbConnection connection,
            ConnectionEventData eventData,
            InterceptionResult result,
            CancellationToken cancellationToken = default)
        {
            await gate.PassAsync().ConfigureAwait(false);
            return result;
        }
    }
}
