using Hydra.Engine;
using Hydra.Engine.Running;
using Hydra.Storage;

namespace Hydra;

/// <content>Following executions: status, results, lists.</content>
internal sealed partial class HydraClient
{
    private static readonly TimeSpan ShortestLook = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(250);

    private readonly EndLooks _looks = new(store.Queries, runtime);

    public Task<IReadOnlyList<ExecutionRow>> ListAsync(
        ExecutionFilter? filter = null, CancellationToken cancellationToken = default)
    {
        filter ??= new ExecutionFilter();
        ArgumentOutOfRangeException.ThrowIfLessThan(filter.Limit, 1, "ExecutionFilter.Limit");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(filter.Limit, 1_000, "ExecutionFilter.Limit");
        return Enter(() => store.Queries.ListAsync(filter, cancellationToken));
    }

    public Task<IReadOnlyList<SessionRow>> WorkersAsync(CancellationToken cancellationToken = default) =>
        Enter(() => store.Queries.ListSessionsAsync(cancellationToken));

    public Task<ExecutionRow> StatusAsync(ExecutionId id, CancellationToken cancellationToken) =>
        Enter(() => FindAsync(id, cancellationToken));

    public Task<bool> ExistsAsync(ExecutionId id, CancellationToken cancellationToken) =>
        Enter(async () => await store.Queries.FindAsync(id, cancellationToken) is not null);

    public Task<ExecutionDetails> DescribeAsync(ExecutionId id, CancellationToken cancellationToken) =>
        Enter(() => DescribeCoreAsync(id, cancellationToken));

    public Task<Payload> OutputAsync(ExecutionId id, CancellationToken cancellationToken) =>
        Enter(() => OutputCoreAsync(id, cancellationToken));

    public Task<TOutput> ResultAsync<TOutput>(ExecutionId id, CancellationToken cancellationToken) =>
        Enter(async () =>
        {
            var output = await OutputCoreAsync(id, cancellationToken);
            if (output.IsEncoded)
            {
                var row = await FindAsync(id, cancellationToken);
                codec.EnsureDecoded( // Says why it cannot be.
                    id, await store.Queries.ReadJournalAsync(id, row.LastSeq - 1, 1, cancellationToken));
            }

            return serializer.Read<TOutput>(output);
        });

    public Task<ExecutionState> WaitAsync(ExecutionId id, CancellationToken cancellationToken) =>
        Enter(async () => (await EndCoreAsync(id, cancellationToken, stateOnly: true)).State);

    private async Task<Payload> OutputCoreAsync(ExecutionId id, CancellationToken cancellationToken)
    {
        var ended = await EndCoreAsync(id, cancellationToken);
        return ended.State == ExecutionState.Completed
            ? ended.Output
            : throw new WorkflowFailedException(
                id, ended.State, ended.Output.IsNone ? null : EngineJson.ReadFailure(ended.Output));
    }

    private async Task<ExecutionRow> FindAsync(ExecutionId id, CancellationToken cancellationToken) =>
        await store.Queries.FindAsync(id, cancellationToken) ?? throw new ExecutionNotFoundException(id, Namespace);

    /// <summary>
    /// Waits for what this process runs by being told, and for the rest by looking, ever less often. A database that is
    /// not to be had meanwhile ends the wait only after the client's patience.
    /// </summary>
    /// <param name="id">The execution.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <param name="stateOnly">Whether it need not be read what it has come to.</param>
    private async Task<EndedExecution> EndCoreAsync(
        ExecutionId id, CancellationToken cancellationToken, bool stateOnly = false)
    {
        var look = ShortestLook;
        var patienceEnds = PatienceEnds();
        while (true)
        {
            var waiter = completions.Register(id);
            try
            {
                ThrowIfClosed();
                if (worker?.Runs(id) == true)
                {
                    if (await waiter.WaitAsync(cancellationToken) is { } ended)
                    {
                        return ended;
                    }

                    look = ShortestLook;
                    continue;
                }

                if (await LookAsync(id, stateOnly, patienceEnds, cancellationToken) is { } found)
                {
                    return found;
                }

                patienceEnds = PatienceEnds();
                if (await WaitAsync(waiter, look, cancellationToken) is { } told)
                {
                    return told;
                }

                look = look * 1.5 < LongestLook ? look * 1.5 : LongestLook;
            }
            finally
            {
                completions.Unregister(id, waiter);
            }
        }
    }

    private async Task<EndedExecution?> WaitAsync(
        TaskCompletionSource<EndedExecution?> waiter, TimeSpan look, CancellationToken cancellationToken)
    {
        using var timer = runtime.Time.CreateTimer(
            static state => ((TaskCompletionSource<EndedExecution?>)state!).TrySetResult(null),
            waiter,
            look,
            Timeout.InfiniteTimeSpan);
        return await waiter.WaitAsync(cancellationToken);
    }

    private async Task<EndedExecution?> LookAsync(
        ExecutionId id, bool stateOnly, long patienceEnds, CancellationToken cancellationToken)
    {
        for (var pause = ShortestLook; ; pause = pause * 2 < LongestLook ? pause * 2 : LongestLook)
        {
            try
            {
                var end = await _looks.LookAsync(id, cancellationToken)
                    ?? throw new ExecutionNotFoundException(id, Namespace);
                return !end.State.IsTerminal() ? null
                    : end.Last is { } last ? new EndedExecution(end.State, last.Output)
                    : stateOnly ? new EndedExecution(end.State, default)
                    : await ReadEndAsync(id, cancellationToken);
            }
            catch (StoreException e) when (e.Kind != StoreErrorKind.Deterministic && !_closed
                && runtime.Time.GetTimestamp() < patienceEnds)
            {
                await Task.Delay(pause, runtime.Time, cancellationToken);
            }
        }
    }

    /// <summary>Reads the end of one that has ended, when its output is too long to be looked for.</summary>
    private async Task<EndedExecution> ReadEndAsync(ExecutionId id, CancellationToken cancellationToken)
    {
        var row = await FindAsync(id, cancellationToken);
        var last = await store.Queries.ReadJournalAsync(id, row.LastSeq - 1, 1, cancellationToken);
        if (last.Count == 0)
        {
            row = await FindAsync(id, cancellationToken); // It may have been deleted in between.
        }

        return new EndedExecution(row.State, last.Count == 0 ? default : last[0].Output);
    }

    private Task<ExecutionDetails> DescribeCoreAsync(ExecutionId id, CancellationToken cancellationToken) =>
        ExecutionReader.ReadAsync(store, id, cancellationToken);
}
