using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Transitions;

/// <summary>Every transition of the store over one connection, with its prepared statements.</summary>
/// <remarks>
/// All of them run inside a transaction that holds the write lock of the database, which is the lock on every row: what
/// one statement has read cannot change before the next writes. The decisions stand in C#, the statements are plain.
/// </remarks>
internal sealed class WriteTransitions
{
    public WriteTransitions(Connection connection, string @namespace)
    {
        Connection = connection;
        Journal = new JournalTransitions(connection);
        Fence = new FenceReader(connection, @namespace);
        Ending = new EndTransition(connection, @namespace, this);
        Starts = new StartTransition(connection, @namespace, this);
        Advances = new AdvanceTransition(connection, @namespace, this);
        Cancels = new CancelTransition(connection, @namespace, this);
        Terminations = new TerminateTransition(connection, this);
        Retries = new RetryTransition(connection, @namespace, this);
        Sessions = new SessionTransitions(connection, @namespace, this);
        Claims = new ClaimTransition(connection, @namespace, this);
        Sweeps = new SweepTransition(connection, @namespace, this);
        Maintenance = new MaintainTransition(connection, @namespace, this);
    }

    public Connection Connection { get; }

    /// <summary>
    /// The database's clock, read once the write lock was taken: everything in a transaction happens at once.
    /// </summary>
    public Instant Now { get; set; }

    public JournalTransitions Journal { get; }

    public FenceReader Fence { get; }

    public EndTransition Ending { get; }

    public StartTransition Starts { get; }

    public AdvanceTransition Advances { get; }

    public CancelTransition Cancels { get; }

    public TerminateTransition Terminations { get; }

    public RetryTransition Retries { get; }

    public SessionTransitions Sessions { get; }

    public ClaimTransition Claims { get; }

    public SweepTransition Sweeps { get; }

    public MaintainTransition Maintenance { get; }

    /// <summary>Applies a batch in order.</summary>
    public CommitAnswer Commit(CommitBatch batch)
    {
        StoreRules.Validate(batch);
        var answers = new OperationAnswer[batch.Operations.Count];
        var sessions = new SessionCheck(Sessions);
        for (var i = 0; i < answers.Length; i++)
        {
            answers[i] = batch.Operations[i] switch
            {
                AdvanceOperation advance => Advances.Advance(advance, batch.Session),
                StartOperation start => Starts.Start(start, ref sessions),
                CancelOperation cancel => Cancels.Cancel(cancel),
                TerminateOperation terminate => Terminations.Terminate(terminate),
                RetryOperation retry => Retries.Retry(retry),
                var other => throw new StoreException(
                    StoreErrorKind.Deterministic,
                    $"The SQLite store does not know {other.GetType().Name}. Use packages of one version."),
            };
        }

        return new CommitAnswer(Now, answers);
    }

    /// <summary>When a live execution is due: not in the past, and no later than its deadline can be told.</summary>
    public Instant DueAt(Instant wake, Instant? deadline) =>
        Instant.Max(Now, Instant.Min(wake, deadline ?? Instant.Never));
}
