using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>Changes what it is asked for before a good store sees it, to prove that the model test notices.</summary>
internal sealed class PlantedStore(IWorkflowStore store, Planted fault) : IWorkflowStore
{
    public string Namespace => store.Namespace;

    public StoreCapabilities Capabilities => store.Capabilities;

    public IWorkflowQueries Queries => store.Queries;

    public Task MigrateAsync(CancellationToken cancellationToken = default) => store.MigrateAsync(cancellationToken);

    public Task VerifyAsync(CancellationToken cancellationToken = default) => store.VerifyAsync(cancellationToken);

    public Task<Instant> OpenSessionAsync(SessionRow session, CancellationToken cancellationToken) =>
        store.OpenSessionAsync(session, cancellationToken);

    public async Task<HeartbeatAnswer> HeartbeatAsync(SessionId session, CancellationToken cancellationToken)
    {
        if (fault != Planted.Beats)
        {
            return await store.HeartbeatAsync(session, cancellationToken);
        }

        var claim = new ClaimRequest { Session = session, Workflows = [], Limit = 0 };
        var answer = await store.ClaimAsync(claim, cancellationToken);
        return new HeartbeatAnswer(answer.Now, answer.SessionLost, []);
    }

    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) =>
        store.CloseSessionAsync(session, cancellationToken);

    public Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) => store.ClaimAsync(
        request with
        {
            OldestFirst = fault == Planted.OldestFirst ? 0 : request.OldestFirst,
            AcceptSuspect = fault == Planted.AcceptSuspect || request.AcceptSuspect,
        },
        cancellationToken);

    public async Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken)
    {
        var batch = gather();
        var operations = new List<StoreOperation>();
        foreach (var operation in batch.Operations)
        {
            operations.Add(operation is AdvanceOperation advance
                ? await SpoilAsync(advance, cancellationToken)
                : operation);
        }

        return await store.CommitAsync(batch with { Operations = operations }, cancellationToken);
    }

    public Task<MaintenanceAnswer> MaintainAsync(MaintenanceRequest request, CancellationToken cancellationToken) =>
        store.MaintainAsync(request, cancellationToken);

    public Task WaitForChangeAsync(CancellationToken cancellationToken) => store.WaitForChangeAsync(cancellationToken);

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private async Task<AdvanceOperation> SpoilAsync(AdvanceOperation advance, CancellationToken cancellationToken)
    {
        var row = await Queries.FindAsync(advance.Id, cancellationToken);
        var settlement = fault == Planted.MailSeen && advance.Settlement is Settlement.Suspended suspended
            ? suspended with { MailSeen = row?.Mail ?? 0 }
            : advance.Settlement;
        return advance with { Settlement = settlement, Tries = fault == Planted.Tries ? [] : advance.Tries };
    }
}
