using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Transitions;

/// <summary>Every transition of the store over one connection, with its prepared statements.</summary>
/// <remarks>
/// All of them run inside a transaction that holds the write lock of the database, which is the lock on every row: what
/// one statement has read cannot change before the next writes. What follows is decided alike for all SQL stores.
/// </remarks>
internal sealed class WriteTransitions
{
    public WriteTransitions(Connection connection, string @namespace)
    {
        Connection = connection;
        Reader = new TransactionReader(connection, @namespace);
        Writer = new TransactionWriter(connection, @namespace);
        Journal = new JournalReader(connection);
        Starts = new StartTransition(connection, @namespace, this);
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

    public TransactionReader Reader { get; }

    public TransactionWriter Writer { get; }

    public JournalReader Journal { get; }

    public StartTransition Starts { get; }

    public SessionTransitions Sessions { get; }

    public ClaimTransition Claims { get; }

    public SweepTransition Sweeps { get; }

    public MaintainTransition Maintenance { get; }

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
