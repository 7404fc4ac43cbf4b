namespace Hydra.Testing;

/// <summary>One worker process as the suite plays it: a session on a store, and the calls that it makes.</summary>
internal sealed class Worker(IWorkflowStore store, SessionRow row)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);
    public static readonly TimeSpan ClaimTimeout = TimeSpan.FromSeconds(15);

    private const int MostBeats = 4;

    public IWorkflowStore Store => store;

    public SessionRow Row => row;

    public SessionId Session => row.Id;

    private static CancellationToken Token => CaseContext.Token;

    public Task<ClaimAnswer> ClaimAsync(Func<ClaimRequest, ClaimRequest>? change = null)
    {
        var request = new ClaimRequest { Session = Session, Workflows = [Make.Workflow], Limit = 100 };
        return store.ClaimAsync(change?.Invoke(request) ?? request, Token);
    }

    /// <summary>Claims, and expects exactly one execution.</summary>
    public async Task<ExecutionRow> ClaimOneAsync() => Assert.Single((await ClaimAsync()).Executions).Row;

    /// <summary>Claims, and answers the ids in the order in which they came.</summary>
    public async Task<IEnumerable<ExecutionId>> ClaimIdsAsync(Func<ClaimRequest, ClaimRequest>? change = null) =>
        (await ClaimAsync(change)).Executions.Select(execution => execution.Row.Id);

    public async Task<OperationAnswer> CommitAsync(StoreOperation operation) =>
        Assert.Single(await CommitAsync([operation]));

    public async Task<IReadOnlyList<OperationAnswer>> CommitAsync(params StoreOperation[] operations)
    {
        var answer = await store.CommitAsync(new CommitBatch(Session, operations), Token);
        Assert.Equal(operations.Length, answer.Answers.Count);
        return answer.Answers;
    }

    /// <summary>Commits an operation that must be applied.</summary>
    public async Task ApplyAsync(StoreOperation operation) =>
        Assert.Equal(AnswerKind.Applied, (await CommitAsync(operation)).Kind);

    /// <summary>Beats again while no answer comes, as an engine does: a busy server may stall for seconds.</summary>
    public async Task<HeartbeatAnswer> BeatAsync()
    {
        for (var round = 1; ; round++)
        {
            try
            {
                return await store.HeartbeatAsync(Session, [], Token);
            }
            catch (StoreException exception) when (exception.Kind == StoreErrorKind.InDoubt && round < MostBeats)
            {
                // A beat may be repeated.
            }
        }
    }

    public Task CloseAsync() => store.CloseSessionAsync(Session, Token);

    public Task<MaintenanceAnswer> MaintainAsync(Func<MaintenanceRequest, MaintenanceRequest>? change = null)
    {
        var request = new MaintenanceRequest { Session = Session, Build = row.Build, TimeoutFailure = Make.Failure };
        return store.MaintainAsync(change?.Invoke(request) ?? request, Token);
    }
}
