namespace Hydra.Testing;

/// <summary>
/// Makes most calls in another namespace of the same database first, with the same ids, keys, names and numbers.
/// What comes of them there is of no interest: nobody may notice it here.
/// </summary>
/// <param name="store">The store whose answers count.</param>
/// <param name="other">The other namespace's.</param>
internal sealed class EchoingStore(IWorkflowStore store, IWorkflowStore other) : IWorkflowStore, IScheduleStore
{
    private int _calls;

    public string Namespace => store.Namespace;

    public StoreCapabilities Capabilities => store.Capabilities;

    public IWorkflowQueries Queries => store.Queries;

    public ITransactionalStore? Transactions => store.Transactions;

    public IScheduleStore? Schedules => store.Schedules is null ? null : this;

    public IRetentionStore? Retention => store.Retention;

    public ISubjectKeyStore? SubjectKeys => store.SubjectKeys;

    public Task MigrateAsync(CancellationToken cancellationToken = default) => store.MigrateAsync(cancellationToken);

    public Task VerifyAsync(CancellationToken cancellationToken = default) => store.VerifyAsync(cancellationToken);

    public Task<Instant> OpenSessionAsync(SessionRow session, CancellationToken cancellationToken) =>
        EchoAsync(one => one.OpenSessionAsync(session, cancellationToken));

    public Task<HeartbeatAnswer> HeartbeatAsync(
        SessionId session, IReadOnlyCollection<ExecutionId> running, CancellationToken cancellationToken) =>
        EchoAsync(one => one.HeartbeatAsync(session, running, cancellationToken));

    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) =>
        EchoAsync(async one =>
        {
            await one.CloseSessionAsync(session, cancellationToken);
            return true;
        });

    public Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) =>
        EchoAsync(one => one.ClaimAsync(request, cancellationToken));

    public Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken)
    {
        var batch = gather();
        return EchoAsync(one => one.CommitAsync(() => batch, cancellationToken));
    }

    public Task<MaintenanceAnswer> MaintainAsync(MaintenanceRequest request, CancellationToken cancellationToken) =>
        EchoAsync(one => one.MaintainAsync(request, cancellationToken));

    public Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken) =>
        store.Schedules!.FindAsync(name, cancellationToken);

    public Task<IReadOnlyList<ScheduleRow>> ListAsync(
        string? afterName, int limit, CancellationToken cancellationToken) =>
        store.Schedules!.ListAsync(afterName, limit, cancellationToken);

    public Task<DueSchedules> ListDueAsync(int limit, CancellationToken cancellationToken) =>
        store.Schedules!.ListDueAsync(limit, cancellationToken);

    public Task<ScheduleAnswer> ApplyAsync(ScheduleChange change, CancellationToken cancellationToken) =>
        EchoAsync(one => one.Schedules!.ApplyAsync(change, cancellationToken));

    public Task WaitForChangeAsync(CancellationToken cancellationToken) => store.WaitForChangeAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await other.DisposeAsync();
        await store.DisposeAsync();
    }

    private async Task<T> EchoAsync<T>(Func<IWorkflowStore, Task<T>> call)
    {
        // Some are left out, so that what both do alike is told apart, too.
        if (++_calls % 4 != 0)
        {
            try
            {
                await call(other);
            }
            catch (StoreException)
            {
                // It was about nothing that is there.
            }
        }

        return await call(store);
    }
}
