using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>A step that runs, with an input that not everybody may see.</summary>
internal static class Secrets
{
    public const string Input = "4111-1111-1111-1111";

    public static async Task<ExecutionId> RunStepAsync(IWorkflowStore store, CancellationToken cancellationToken)
    {
        var worker = new Worker(store, new SessionRow
        {
            Id = new SessionId(7),
            Worker = "worker",
            Build = "build",
            Workflows = [Make.Workflow],
            HeartbeatInterval = TimeSpan.FromMinutes(1),
            ClaimTimeout = TimeSpan.FromHours(1),
        });
        var id = ExecutionId.Create(1_800_000_000_000, (ulong)Random.Shared.NextInt64(), 1);
        await store.OpenSessionAsync(worker.Row, cancellationToken);
        await store.CommitAsync(new CommitBatch(SessionId.None, [Make.Start(id)]), cancellationToken);
        var row = await worker.ClaimOneAsync();
        await worker.ApplyAsync(Make.Advance(row) with
        {
            Tries = [Make.Try(row, "charge", phase: TryPhase.Started) with { Input = Make.Text(Input) }],
        });
        return id;
    }

    /// <summary>Asks why an execution is not running as a user who may not read what is recorded of it.</summary>
    /// <param name="id">The execution.</param>
    /// <param name="use">Says where it is kept, and who asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task AssertWhyIsPartialAsync(
        ExecutionId id, Action<HydraBuilder> use, CancellationToken cancellationToken)
    {
        await using var hydra = await HydraEngine.OpenAsync(
            builder =>
            {
                builder.Namespace = "tests";
                builder.MigrateOnOpen = false;
                use(builder);
            },
            cancellationToken);

        var why = await hydra.Client.Execution(id).WhyAsync(cancellationToken);

        Assert.True(why.IsPartial);
        Assert.Equal((WhyReason.Running, "worker"), (why.Reason, why.Owner?.Worker));
        Assert.Empty(why.RunningSteps);
        Assert.Contains("may not read what is recorded", why.Text[^1], StringComparison.Ordinal);
    }
}
