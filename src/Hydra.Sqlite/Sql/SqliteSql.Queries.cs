namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    [StringSyntax("sql")]
    public const string FindExecution = """
        SELECT id, workflow, key, state, priority, epoch, settled_epoch, owner, due_at, deadline, attempt, max_attempts,
               retry_backoff, last_seq, mail, requests, crashes, barren_crashes, sole_suspect_crashes, blocked_reason,
               input_hash, created_at, started_at, finished_at
        FROM hydra_executions
        WHERE shard = ?2 AND namespace = ?1 AND id = ?3
        """;

    /// <summary>
    /// ?2 is the key. Looks into each of the 256 shards, since only the start knows which one it chose.
    /// </summary>
    [StringSyntax("sql")]
    public const string FindExecutionByKey = """
        WITH RECURSIVE shards (shard) AS (SELECT 0 UNION ALL SELECT shard + 1 FROM shards WHERE shard < 255)
        SELECT id, workflow, key, state, priority, epoch, settled_epoch, owner, due_at, deadline, attempt, max_attempts,
               retry_backoff, last_seq, mail, requests, crashes, barren_crashes, sole_suspect_crashes, blocked_reason,
               input_hash, created_at, started_at, finished_at
        FROM shards CROSS JOIN hydra_executions AS e INDEXED BY hydra_executions_key ON e.shard = shards.shard
        WHERE e.namespace = ?1 AND e.key = ?2 AND e.key IS NOT NULL
        LIMIT 1
        """;

    /// <summary>
    /// The newest of one shard: ?2 is the shard, ?3 the id before which, ?4 the id behind which, ?5 the state and ?6
    /// the
    /// workflow or NULL, ?7 how many. Ids sort by time of creation.
    /// </summary>
    [StringSyntax("sql")]
    public const string ListShard = """
        SELECT id
        FROM hydra_executions
        WHERE shard = ?2 AND namespace = ?1 AND id < ?3 AND id > ?4
          AND (?5 IS NULL OR state = ?5) AND (?6 IS NULL OR workflow = ?6)
        ORDER BY id DESC
        LIMIT ?7
        """;

    /// <summary>The newest in one of the troubled states; ?2, ?3 and ?5 to ?7 as above.</summary>
    [StringSyntax("sql")]
    public const string ListTroubled = """
        SELECT id
        FROM hydra_executions INDEXED BY hydra_executions_troubled
        WHERE namespace = ?1 AND state IN (5, 7, 8, 9) AND state = ?5 AND id < ?3 AND (?6 IS NULL OR workflow = ?6)
        ORDER BY id DESC
        LIMIT ?7
        """;

    /// <summary>The newest in one of the live states; ?3 and ?5 to ?7 as above.</summary>
    [StringSyntax("sql")]
    public const string ListLive = """
        SELECT id
        FROM hydra_executions INDEXED BY hydra_executions_live
        WHERE namespace = ?1 AND state < 6 AND state = ?5 AND id < ?3 AND (?6 IS NULL OR workflow = ?6)
        ORDER BY id DESC
        LIMIT ?7
        """;

    [StringSyntax("sql")]
    public const string ReadCrashes = """
        SELECT epoch, session, worker, at
        FROM hydra_crashes
        WHERE shard = ?2 AND namespace = ?1 AND execution = ?3
        ORDER BY epoch
        """;

    [StringSyntax("sql")]
    public const string ReadRefusals = """
        SELECT build, difference, at
        FROM hydra_refusals
        WHERE shard = ?2 AND namespace = ?1 AND execution = ?3
        ORDER BY at, build
        """;

    [StringSyntax("sql")]
    public const string ReadNow = "SELECT count(*) FROM hydra_sessions WHERE namespace = ?1 AND id = 0";
}
