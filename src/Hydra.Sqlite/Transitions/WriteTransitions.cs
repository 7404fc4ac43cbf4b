using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Transitions;

/// <summary>Every transition of the store over one connection, with its prepared statements.</summary>
/// <remarks>
/// All of them run inside a transaction that holds the write lock of the database, which is the lock on every row: what
/// one statement has read cannot change before the next writes. What follows is decided alike for all SQL stores.
/// </remarks>
/// <param name="connection">The connection.</param>
/// <param name="namespace">The namespace.</param>
internal sealed class WriteTransitions(Connection connection, string @namespace)
{
    public Connection Connection => connection;

    /// <summary>
    /// The database's clock, read once the write lock was taken: everything in a transaction happens at once.
    /// </summary>
    public Instant Now { get; set; }

    public TransactionReader Reader => field ??= new TransactionReader(connection, @namespace);

    public TransactionWriter Writer => field ??= new TransactionWriter(connection, @namespace);

    public JournalReader Journal => field ??= new JournalReader(connection);

    public StartTransition Starts => field ??= new StartTransition(connection, @namespace, this);

    public SessionTransitions Sessions => field ??= new SessionTransitions(connection, @namespace, this);

    public ClaimTransition Claims => field ??= new ClaimTransition(connection, @namespace, this);

    public SweepTransition Sweeps => field ??= new SweepTransition(connection, @namespace, this);

    public MaintainTransition Maintenance => field ??= new MaintainTransition(connection, @namespace, this);

    public ScheduleTransition Schedules => field ??= new ScheduleTransition(connection, @namespace, this);

    public DeleteTransition Deletes => field ??= new DeleteTransition(connection, @namespace);

    public SubjectKeyTransitions SubjectKeys => field ??= new SubjectKeyTransitions(connection, @namespace);

    /// <summary>Commits a batch: reads what it touches, decides in order, and writes.</summary>
    public CommitAnswer Commit(CommitBatch batch)
    {
        StoreRules.Validate(batch);
        var plan = new CommitPlan(batch);
        var image = new TransactionImage(Now);
        Starts.Insert(plan.Starts, image);
        Reader.Add(plan, image);
        var answers = BatchDecision.Decide(batch, image);
        Writer.Write(image);
        return new CommitAnswer(Now, answers);
    }
}
