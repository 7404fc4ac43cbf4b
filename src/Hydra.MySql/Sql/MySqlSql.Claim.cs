namespace Hydra.MySql.Sql;

internal sealed partial class MySqlSql
{
    /// <summary>The build of the session; NULL when there is no such session.</summary>
    [StringSyntax("sql")]
    public string SetBuild { get; } = $"""
        SET @hydra_build = (
          SELECT o.build FROM {prefix}sessions AS o WHERE o.namespace = @namespace AND o.id = @session)
        """;

    [StringSyntax("sql")]
    public static string ReadClaimer => "SELECT CAST(@hydra_now AS SIGNED), CONVERT(@hydra_build USING utf8mb4)";

    /// <summary>
    /// Looks, without a lock, at what each level of the workflows, @rows, has first that @hydra_build has not refused:
    /// one look into the index for each workflow, priority and kind. The number in @rows stands for the workflow in the
    /// answer. They are ordered by what is the same in all of them, too: MySQL would sort a whole level by the time.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadLevels { get; } = $"""
        SELECT w.number, p.priority, k.suspect,
               (SELECT e.due_at
                FROM {prefix}executions AS e FORCE INDEX (live)
                WHERE e.namespace = @namespace AND e.holder = 0 AND e.workflow = UNHEX(w.workflow)
                  AND e.suspect = k.suspect AND e.priority = p.priority
                  AND (SELECT 1
                       FROM {prefix}refusals AS r FORCE INDEX (PRIMARY)
                       WHERE r.shard = e.shard AND r.namespace = @namespace AND r.execution = e.id
                         AND r.build = @hydra_build) IS NULL
                ORDER BY e.workflow, e.suspect, e.priority, e.due_at
                LIMIT 1)
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (number INT PATH '$[0]', workflow VARCHAR(1530) PATH '$[1]')) AS w
        CROSS JOIN (SELECT 0 AS priority UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) AS p
        CROSS JOIN (SELECT 0 AS suspect UNION ALL SELECT 1) AS k
        """;

    /// <summary>
    /// What is due in one level, the oldest first, that the build has not refused; and what is due there next, behind
    /// it, as a row without an id.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadDue { get; } = $"""
        (SELECT e.due_at, e.id, e.epoch
         FROM {prefix}executions AS e FORCE INDEX (live)
         WHERE e.namespace = @namespace AND e.holder = 0 AND e.workflow = @workflow AND e.suspect = @suspect
           AND e.priority = @priority AND e.due_at <= @hydra_now
           AND (SELECT 1
                FROM {prefix}refusals AS r FORCE INDEX (PRIMARY)
                WHERE r.shard = e.shard AND r.namespace = @namespace AND r.execution = e.id
                  AND r.build = @build) IS NULL
         ORDER BY e.due_at, e.id
         LIMIT @depth)
        UNION ALL
        (SELECT e.due_at, NULL, 0
         FROM {prefix}executions AS e FORCE INDEX (live)
         WHERE e.namespace = @namespace AND e.holder = 0 AND e.workflow = @workflow AND e.suspect = @suspect
           AND e.priority = @priority AND e.due_at > @hydra_now
           AND (SELECT 1
                FROM {prefix}refusals AS r FORCE INDEX (PRIMARY)
                WHERE r.shard = e.shard AND r.namespace = @namespace AND r.execution = e.id
                  AND r.build = @build) IS NULL
         ORDER BY e.due_at
         LIMIT 1)
        """;

    /// <summary>
    /// Takes up to @limit of the executions in @rows with their epochs, in their order, for the session, and leaves out
    /// what others hold or have taken. The fourth of a row is behind which seq its journal will be read; at @bytes of
    /// journals the claim ends.
    /// </summary>
    [StringSyntax("sql")]
    public string Take { get; } = $"""
        UPDATE (SELECT z.shard, z.id
                FROM (SELECT h.shard, h.id,
                             SUM(h.bytes) OVER (
                               ORDER BY h.place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier
                      FROM (SELECT s.place, x.shard, x.id,
                                   (SELECT COALESCE(SUM(96 + LENGTH(j.`key`) + LENGTH(j.worker)
                                                        + COALESCE(LENGTH(j.input), 0)
                                                        + COALESCE(LENGTH(j.output), 0)), 0)
                                    FROM {prefix}journal AS j FORCE INDEX (PRIMARY)
                                    WHERE j.shard = x.shard AND j.namespace = @namespace AND j.execution = x.id
                                      AND j.seq > s.seq) AS bytes
                            FROM (SELECT r.*
                                  FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
                                    place FOR ORDINALITY, shard TINYINT UNSIGNED PATH '$[0]',
                                    id VARCHAR(32) PATH '$[1]', epoch BIGINT PATH '$[2]',
                                    seq BIGINT PATH '$[3]')) AS r) AS s
                            STRAIGHT_JOIN {prefix}executions AS x FORCE INDEX (PRIMARY)
                              ON x.shard = s.shard AND x.namespace = @namespace AND x.id = UNHEX(s.id)
                            WHERE x.epoch = s.epoch AND x.holder = 0 AND @hydra_alive
                            LIMIT @limit
                            FOR UPDATE SKIP LOCKED) AS h) AS z
                WHERE z.earlier IS NULL OR z.earlier < @bytes) AS t
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = t.shard AND e.namespace = @namespace AND e.id = t.id
        SET e.owner = @session, e.epoch = e.epoch + 1, e.state = 1, e.backing_off = 0,
            e.started_at = COALESCE(e.started_at, @hydra_now)
        """;

    /// <summary>Reads, behind the locks, those of @rows that the session owns under the epoch behind theirs.</summary>
    [StringSyntax("sql")]
    public string ReadTaken { get; } = $"""
        SELECT e.id, CONVERT(e.workflow USING utf8mb4), CONVERT(e.`key` USING utf8mb4), e.state, e.priority, e.epoch,
               e.settled_epoch, e.owner, e.due_at, e.deadline, e.attempt, e.max_attempts, e.retry_backoff, e.last_seq,
               e.mail, e.requests, e.crashes, e.barren_crashes, e.sole_suspect_crashes, e.blocked_reason,
               CONVERT(e.input_hash USING utf8mb4), e.created_at, e.started_at, NULL,
               CONVERT(e.waits_for USING utf8mb4)
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
          shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]', epoch BIGINT PATH '$[2]')) AS s
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = s.shard AND e.namespace = @namespace AND e.id = UNHEX(s.id) AND e.epoch = s.epoch + 1
             AND e.owner = @session
        """;

    /// <summary>The same for their journals; the fourth of a row is behind which seq to begin.</summary>
    [StringSyntax("sql")]
    public string ReadClaimedJournals { get; } = $"""
        SELECT j.execution, j.seq, j.kind, CONVERT(j.`key` USING utf8mb4), j.position, j.ordinal, j.failed, j.input,
               j.output, j.at, j.started_at, j.attempt, j.epoch, j.origin_seq, CONVERT(j.worker USING utf8mb4)
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
          shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]', epoch BIGINT PATH '$[2]',
          seq BIGINT PATH '$[3]')) AS s
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = s.shard AND e.namespace = @namespace AND e.id = UNHEX(s.id) AND e.epoch = s.epoch + 1
             AND e.owner = @session
        STRAIGHT_JOIN {prefix}journal AS j FORCE INDEX (PRIMARY)
          ON j.shard = s.shard AND j.namespace = @namespace AND j.execution = UNHEX(s.id) AND j.seq > s.seq
        ORDER BY j.execution, j.seq
        """;

    /// <summary>
    /// The same for what failed tries amount to: the last of each step, found by sorting them once, since there may be
    /// thousands. Phase 1 is failed, 3 and 4 are begun once and taken back, 5 has landed, unless it is a bar, which has
    /// a failure; the payloads are not touched.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadTried { get; } = $"""
        SELECT t.execution, CONVERT(t.`key` USING utf8mb4), t.attempt, t.execution_attempt,
               (SELECT COUNT(*)
                FROM {prefix}attempts AS f FORCE INDEX (PRIMARY)
                WHERE f.shard = t.shard AND f.namespace = @namespace AND f.execution = t.execution AND f.`key` = t.`key`
                  AND f.phase = 1 AND f.execution_attempt = t.execution_attempt),
               CASE WHEN t.epoch > t.retry_epoch THEN t.retry_at END,
               t.phase
        FROM (SELECT a.shard, a.execution, a.`key`, a.attempt, a.epoch, a.execution_attempt, a.retry_at, a.phase,
                     e.retry_epoch,
                     ROW_NUMBER() OVER (
                       PARTITION BY a.shard, a.execution, a.`key`
                       ORDER BY a.attempt DESC, a.epoch DESC, a.phase DESC) AS place
              FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
                shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]', epoch BIGINT PATH '$[2]')) AS s
              STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
                ON e.shard = s.shard AND e.namespace = @namespace AND e.id = UNHEX(s.id) AND e.epoch = s.epoch + 1
                   AND e.owner = @session
              STRAIGHT_JOIN {prefix}attempts AS a FORCE INDEX (PRIMARY)
                ON a.shard = s.shard AND a.namespace = @namespace AND a.execution = UNHEX(s.id)
                   AND (a.phase IN (1, 3, 4) OR (a.phase = 5 AND a.failure IS NULL))) AS t
        WHERE t.place = 1
        ORDER BY t.execution, t.`key`
        """;
}
