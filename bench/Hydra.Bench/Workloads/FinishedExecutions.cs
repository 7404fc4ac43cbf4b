using Hydra.Storage;

namespace Hydra.Bench;

/// <summary>
/// Executions as a one-step workflow leaves them behind, written past the engine in wide batches: whoever needs a
/// million of them does not want to run them.
/// </summary>
internal sealed class FinishedExecutions(IWorkflowStore store, int count)
{
    private const int Batch = 250; // Executions, with two operations each.
    private const int Writers = 4;
    private const int MostTries = 10;

    private static readonly Payload One = Payload.Create("1"u8);

    private readonly SessionId _session = new(Random.Shared.NextInt64(1, long.MaxValue));
    private int _left = count;
    private Instant _now;

    public async Task WriteAsync()
    {
        _now = await store.OpenSessionAsync(
            new SessionRow
            {
                Id = _session,
                Worker = "filler",
                Build = "none",
                HeartbeatInterval = TimeSpan.FromMinutes(20),
                ClaimTimeout = TimeSpan.FromHours(1), // It does not beat.
            },
            CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(WriteBatchesAsync)));
        await store.CloseSessionAsync(_session, CancellationToken.None);
    }

    private async Task WriteBatchesAsync()
    {
        while (Interlocked.Add(ref _left, -Batch) is var left && left > -Batch)
        {
            var operations = new List<StoreOperation>(2 * Batch);
            for (var i = 0; i < Math.Min(Batch, left + Batch); i++)
            {
                var start = Start();
                operations.Add(start);
                operations.Add(End(start.Id));
            }

            var answer = await CommitAsync(operations);
            BenchContext.Expect(
                answer.Answers.All(static one => one.Kind is AnswerKind.Started or AnswerKind.Applied),
                "A finished execution could not be written.");
        }
    }

    /// <summary>A busy machine may let a statement time out; what is written twice is there once.</summary>
    private async Task<CommitAnswer> CommitAsync(List<StoreOperation> operations)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await store.CommitAsync(
                    () => new CommitBatch(_session, operations), CancellationToken.None);
            }
            catch (StoreException e) when (e.Kind != StoreErrorKind.Deterministic && tries < MostTries)
            {
                // The same again.
            }
        }
    }

    private StartOperation Start() => new()
    {
        Id = ExecutionId.Create(
            DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
            new UInt128((ulong)Random.Shared.NextInt64(), (ulong)Random.Shared.NextInt64()),
            (byte)Random.Shared.Next(256)),
        Workflow = BenchWorkflows.OneStep,
        InputHash = One.HashText,
        Input = new JournalEntry { Seq = 0, Kind = EntryKind.Input, Input = One, At = _now, Epoch = 0 },
        MaxAttempts = 1,
        RetryBackoff = TimeSpan.FromSeconds(1),
        Owner = _session,
    };

    private AdvanceOperation End(ExecutionId id) => new()
    {
        Id = id,
        Epoch = 1,
        Entries = [Entry(1, EntryKind.Step, "add"), Entry(2, EntryKind.Terminal, "")],
        Settlement = new Settlement.Finished(ExecutionState.Completed) { LastSeq = 2 },
    };

    private JournalEntry Entry(long seq, EntryKind kind, string key) => new()
    {
        Seq = seq,
        Kind = kind,
        Key = key,
        Input = kind == EntryKind.Step ? One : default,
        Output = One,
        At = _now,
        Attempt = kind == EntryKind.Step ? 1 : 0,
        Epoch = 1,
        Worker = "filler",
    };
}
