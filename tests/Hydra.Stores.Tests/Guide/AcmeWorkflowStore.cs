using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>Stands for the store of somebody who writes one.</summary>
internal sealed class AcmeWorkflowStore(string database, string @namespace, TimeProvider time) : IWorkflowStore
{
    private readonly InMemoryWorkflowStore _store = new(AcmeServer.Connect(database, time), @namespace);

    public string Namespace => _store.Namespace;

    public StoreCapabilities Capabilities => _store.Capabilities;

    public IWorkflowQueries Queries => _store.Queries;

    public ITransactionalStore? Transactions => _store.Transactions;

    public IScheduleStore? Schedules => _store.Schedules;

    public IRetentionStore? Retention => _store.Retention;

    public ISubjectKeyStore? SubjectKeys => _store.SubjectKeys;

    public Task MigrateAsync(CancellationToken cancellationToken = default) => _store.MigrateAsync(cancellationToken);

    public Task VerifyAsync(CancellationToken cancellationToken = default) => _store.VerifyAsync(cancellationToken);

    public Task<Instant> OpenSessionAsync(SessionRow session, CancellationToken cancellationToken) =>
        _store.OpenSessionAsync(session, cancellationToken);

    public Task<HeartbeatAnswer> HeartbeatAsync(
        SessionId session, IReadOnlyCollection<ExecutionId> running, CancellationToken cancellationToken) =>
        _store.HeartbeatAsync(session, running, cancellationToken);

    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) =>
        _store.CloseSessionAsync(session, cancellationToken);

    public Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) =>
        _store.ClaimAsync(request, cancellationToken);

    public Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken) =>
        _store.CommitAsync(gather, cancellationToken);

    public Task<MaintenanceAnswer> MaintainAsync(MaintenanceRequest request, CancellationToken cancellationToken) =>
        _store.MaintainAsync(request, cancellationToken);

    public Task WaitForChangeAsync(CancellationToken cancellationToken) => _store.WaitForChangeAsync(cancellationToken);

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
