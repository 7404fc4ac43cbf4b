namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    /// <summary>Who owns an execution and what decides about it, read under the write lock.</summary>
    [StringSyntax("sql")]
    public const string ReadFence = """
        SELECT number, epoch, owner, state, settled_epoch, mail, requests, deadline, deadline_delivered, attempt,
               crash_seq, barren_crashes, sole_suspect_crashes, backing_off, started_at
        FROM hydra_executions
        WHERE namespace = ?1 AND id = ?2
        """;

    /// <summary>
    /// ?2 is the number, ?3 the epoch, ?4 the owner, ?5 the requests left, ?6 whether its code knows that the deadline
    /// has passed.
    /// </summary>
    [StringSyntax("sql")]
    public const string Deliver = """
        UPDATE hydra_executions
        SET requests = ?5, deadline_delivered = ?6
        WHERE number = ?2 AND namespace = ?1 AND epoch = ?3 AND owner = ?4
        """;

    /// <summary>?2 is the number, ?3 the epoch, ?4 the owner; the row becomes terminal.</summary>
    [StringSyntax("sql")]
    public const string SettleFinished = """
        UPDATE hydra_executions
        SET state = ?5, finished_at = ?6, last_seq = ?7, owner = 0, requests = 0, settled_epoch = epoch
        WHERE number = ?2 AND namespace = ?1 AND epoch = ?3 AND owner = ?4
        """;

    /// <summary>?2 is the number, ?3 the epoch, ?4 the owner; the row goes on without an owner.</summary>
    [StringSyntax("sql")]
    public const string SettleLive = """
        UPDATE hydra_executions
        SET state = ?5, due_at = ?6, last_seq = ?7, attempt = ?8, backing_off = ?9, requests = ?10,
            deadline_delivered = ?11, barren_crashes = ?12, sole_suspect_crashes = ?13, blocked_reason = ?14,
            waits_for = coalesce(?15, waits_for), owner = 0, settled_epoch = epoch
        WHERE number = ?2 AND namespace = ?1 AND epoch = ?3 AND owner = ?4
        """;

    /// <summary>
    /// ?1 is the number, ?2 the build, ?3 the difference, ?4 the time. Refusing again replaces what was said.
    /// </summary>
    [StringSyntax("sql")]
    public const string InsertRefusal = """
        INSERT INTO hydra_refusals (execution, build, difference, at)
        VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (execution, build) DO UPDATE SET difference = excluded.difference, at = excluded.at
        """;

    /// <summary>
    /// Ends an execution from outside: ?2 is the number, ?3 the epoch, ?4 the time, ?5 the last seq, ?6 the state.
    /// </summary>
    [StringSyntax("sql")]
    public const string End = """
        UPDATE hydra_executions
        SET state = ?6, finished_at = ?4, last_seq = ?5, owner = 0, epoch = epoch + 1, requests = 0, blocked_reason = 0,
            backing_off = 0
        WHERE number = ?2 AND namespace = ?1 AND epoch = ?3 AND state < 6
        """;

    /// <summary>
    /// ?2 is the number, ?3 are the requests, ?4 is now. What waits for a claim is due at once; what runs hears of it
    /// from its owner, and what is held back stays so.
    /// </summary>
    [StringSyntax("sql")]
    public const string Request = """
        UPDATE hydra_executions
        SET requests = ?3, mail = mail + 1,
            due_at = CASE WHEN state = 0 OR state = 2 OR state = 3 THEN ?4 ELSE due_at END
        WHERE number = ?2 AND namespace = ?1 AND state < 6
        """;
}
