namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    /// <summary>Who owns an execution and what decides about it, read under the write lock.</summary>
    [StringSyntax("sql")]
    public const string ReadFence = """
        SELECT epoch, owner, state, settled_epoch, mail, requests, deadline, deadline_delivered, attempt, last_seq,
               crash_seq, barren_crashes, sole_suspect_crashes, backing_off, started_at
        FROM hydra_executions
        WHERE shard = ?2 AND namespace = ?1 AND id = ?3
        """;

    /// <summary>
    /// ?4 is the epoch, ?5 the owner, ?6 the requests left, ?7 whether its code knows that the deadline passed.
    /// </summary>
    [StringSyntax("sql")]
    public const string Deliver = """
        UPDATE hydra_executions
        SET requests = ?6, deadline_delivered = ?7
        WHERE shard = ?2 AND namespace = ?1 AND id = ?3 AND epoch = ?4 AND owner = ?5
        """;

    /// <summary>?4 is the epoch, ?5 the owner; the row becomes terminal.</summary>
    [StringSyntax("sql")]
    public const string SettleFinished = """
        UPDATE hydra_executions
        SET state = ?6, finished_at = ?7, last_seq = ?8, owner = 0, requests = 0, settled_epoch = epoch
        WHERE shard = ?2 AND namespace = ?1 AND id = ?3 AND epoch = ?4 AND owner = ?5
        """;

    /// <summary>?4 is the epoch, ?5 the owner; the row goes on without an owner.</summary>
    [StringSyntax("sql")]
    public const string SettleLive = """
        UPDATE hydra_executions
        SET state = ?6, due_at = ?7, last_seq = ?8, attempt = ?9, backing_off = ?10, requests = ?11,
            deadline_delivered = ?12, barren_crashes = ?13, sole_suspect_crashes = ?14, blocked_reason = ?15,
            owner = 0, settled_epoch = epoch
        WHERE shard = ?2 AND namespace = ?1 AND id = ?3 AND epoch = ?4 AND owner = ?5
        """;

    /// <summary>
    /// ?4 is the build, ?5 the difference, ?6 the time. A build that refuses again replaces what it said.
    /// </summary>
    [StringSyntax("sql")]
    public const string InsertRefusal = """
        INSERT INTO hydra_refusals (shard, namespace, execution, build, difference, at)
        VALUES (?2, ?1, ?3, ?4, ?5, ?6)
        ON CONFLICT (shard, namespace, execution, build) DO UPDATE
        SET difference = excluded.difference, at = excluded.at
        """;

    /// <summary>
    /// Ends an execution that nobody owns: ?4 is the epoch, ?5 the state, ?6 the time, ?7 the last seq.
    /// </summary>
    [StringSyntax("sql")]
    public const string EndUnowned = """
        UPDATE hydra_executions
        SET state = ?5, finished_at = ?6, last_seq = ?7, requests = 0, blocked_reason = 0, backing_off = 0
        WHERE shard = ?2 AND namespace = ?1 AND id = ?3 AND epoch = ?4 AND owner = 0 AND state < 6
        """;

    /// <summary>
    /// ?4 are the requests, ?5 is now. What waits for a claim is due at once; what runs hears of it from its owner, and
    /// what is held back stays so.
    /// </summary>
    [StringSyntax("sql")]
    public const string Request = """
        UPDATE hydra_executions
        SET requests = ?4, mail = mail + 1, due_at = CASE WHEN state IN (0, 2, 3) THEN ?5 ELSE due_at END
        WHERE shard = ?2 AND namespace = ?1 AND id = ?3 AND state < 6
        """;
}
