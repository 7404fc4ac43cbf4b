using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>A step that runs, with an input that not everybody may see.</summary>
internal static class Secrets
{
    public const string Input = "4111-1111-1111-1111";

    public static async Task RunStepAsync(IWorkflowStore store, CancellationToken cancellationToken)
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
    }
}
