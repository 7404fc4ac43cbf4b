namespace Hydra.PostgreSql.Sql;

internal sealed partial class PostgreSqlSql
{
    /// <summary>$2 is the shard, $3 the id.</summary>
    [StringSyntax("sql")]
    public string FindExecution { get; } = $"""
        SELECT id, workflow, key, state, priority, epoch, settled_epoch, owner, due_at, deadline, attempt,
               max_attempts, retry_backoff, last_seq, mail, requests, crashes, barren_crashes, sole_suspect_crashes,
               blocked_reason, input_hash, created_at, started_at, finished_at, waits_for
        FROM {schema}.executions
        WHERE shard = $2 AND namespace = $1 AND id = $3
        """;

    /// <summary>$2 is the shard that follows from the key, $3 the key.</summary>
    [StringSyntax("sql")]
    public string FindExecutionByKey { get; } = $"""
        SELECT id, workflow, key, state, priority, epoch, settled_epoch, owner, due_at, deadline, attempt,
               max_attempts, retry_backoff, last_seq, mail, requests, crashes, barren_crashes, sole_suspect_crashes,
               blocked_reason, input_hash, created_at, started_at, finished_at, waits_for
        FROM {schema}.executions
        WHERE shard = $2 AND namespace = $1 AND key = $3
        """;

    /// <summary>
    /// How $2 and $3, shards and ids, stand, with the last entries of those that have ended, unless their outputs are
    /// longer than $4.
    /// </summary>
    [StringSyntax("sql")]
    public string FindEnds { get; } = $"""
        SELECT j.seq, j.kind, j.key, j.position, j.ordinal, j.failed, j.input, j.output, j.at,
               coalesce(j.started_at, j.at), j.attempt, j.epoch, coalesce(j.origin_seq, 0), j.worker, e.id, e.state
        FROM unnest($2::smallint[], $3::uuid[]) AS s (shard, id)
        CROSS JOIN LATERAL (
          SELECT x.id, x.state, x.last_seq
          FROM {schema}.executions AS x
          WHERE x.shard = s.shard AND x.namespace = $1 AND x.id = s.id
          OFFSET 0) AS e
        LEFT JOIN LATERAL (
          SELECT *
          FROM {schema}.journal AS x
          WHERE e.state >= 6 AND x.shard = s.shard AND x.namespace = $1 AND x.execution = s.id AND x.seq = e.last_seq
            AND coalesce(octet_length(x.output), 0) <= $4
          OFFSET 0) AS j ON true
        """;

    /// <summary>
    /// The newest, since ids sort by their time: $2 is the id before which to begin and $4 the workflow, or NULL, $3
    /// the state, or NULL, $5 how many. A look into each shard, since they lead the key; $6 is how many of each.
    /// </summary>
    [StringSyntax("sql")]
    public string ListExecutions { get; } = $"""
        SELECT l.id, l.workflow, l.key, l.state, l.priority, l.epoch, l.settled_epoch, l.owner, l.due_at, l.deadline,
               l.attempt, l.max_attempts, l.retry_backoff, l.last_seq, l.mail, l.requests, l.crashes,
               l.barren_crashes, l.sole_suspect_crashes, l.blocked_reason, l.input_hash, l.created_at, l.started_at,
               l.finished_at, l.waits_for
        FROM generate_series(0, 255) AS s (shard)
        CROSS JOIN LATERAL (
          SELECT *
          FROM {schema}.executions AS e
          WHERE e.shard = s.shard::smallint AND e.namespace = $1 AND ($2::uuid IS NULL OR e.id < $2)
            AND ($3::smallint IS NULL OR e.state = $3) AND ($4::text IS NULL OR e.workflow = $4)
          ORDER BY e.id DESC
          LIMIT $6) AS l
        ORDER BY l.id DESC
        LIMIT $5
        """;

    /// <summary>
    /// The same, but for shards, for one of the states that are rare: blocked, failed, cancelled or timed out.
    /// </summary>
    [StringSyntax("sql")]
    public string ListTroubled { get; } = $"""
        SELECT id, workflow, key, state, priority, epoch, settled_epoch, owner, due_at, deadline, attempt,
               max_attempts, retry_backoff, last_seq, mail, requests, crashes, barren_crashes, sole_suspect_crashes,
               blocked_reason, input_hash, created_at, started_at, finished_at, waits_for
        FROM {schema}.executions
        WHERE namespace = $1 AND state >= 5 AND state <> 6 AND state = $3 AND ($2::uuid IS NULL OR id < $2)
          AND ($4::text IS NULL OR workflow = $4)
        ORDER BY id DESC
        LIMIT $5
        """;

    /// <summary>The same for what is running.</summary>
    [StringSyntax("sql")]
    public string ListOwned { get; } = $"""
        SELECT id, workflow, key, state, priority, epoch, settled_epoch, owner, due_at, deadline, attempt,
               max_attempts, retry_backoff, last_seq, mail, requests, crashes, barren_crashes, sole_suspect_crashes,
               blocked_reason, input_hash, created_at, started_at, finished_at, waits_for
        FROM {schema}.executions
        WHERE namespace = $1 AND owner > 0 AND state = $3 AND ($2::uuid IS NULL OR id < $2)
          AND ($4::text IS NULL OR workflow = $4)
        ORDER BY id DESC
        LIMIT $5
        """;

    /// <summary>The same for what is pending, sleeping or waiting.</summary>
    [StringSyntax("sql")]
    public string ListUnowned { get; } = $"""
        SELECT id, workflow, key, state, priority, epoch, settled_epoch, owner, due_at, deadline, attempt,
               max_attempts, retry_backoff, last_seq, mail, requests, crashes, barren_crashes, sole_suspect_crashes,
               blocked_reason, input_hash, created_at, started_at, finished_at, waits_for
        FROM {schema}.executions
        WHERE namespace = $1 AND owner = 0 AND state < 4 AND state = $3 AND ($2::uuid IS NULL OR id < $2)
          AND ($4::text IS NULL OR workflow = $4)
        ORDER BY id DESC
        LIMIT $5
        """;

    /// <summary>$2 is the shard, $3 the id, $4 the seq behind which it begins, $5 how many entries.</summary>
    [StringSyntax("sql")]
    public string ReadJournal { get; } = $"""
        SELECT seq, kind, key, position, ordinal, failed, input, output, at, coalesce(started_at, at), attempt, epoch,
               coalesce(origin_seq, 0), worker
        FROM {schema}.journal
        WHERE shard = $2 AND namespace = $1 AND execution = $3 AND seq > $4
        ORDER BY seq
        LIMIT $5
        """;

    /// <summary>$2 is the shard, $3 the id.</summary>
    [StringSyntax("sql")]
    public string ReadTries { get; } = $"""
        SELECT key, attempt, epoch, phase, execution_attempt, input, failure, started_at, ended_at, retry_at, worker,
               output
        FROM {schema}.attempts
        WHERE shard = $2 AND namespace = $1 AND execution = $3
        ORDER BY key, attempt, epoch, phase
        """;

    /// <summary>$2 is the shard, $3 the id.</summary>
    [StringSyntax("sql")]
    public string ReadCrashes { get; } = $"""
        SELECT epoch, session, worker, at
        FROM {schema}.crashes
        WHERE shard = $2 AND namespace = $1 AND execution = $3
        ORDER BY epoch
        """;

    /// <summary>$2 is the shard, $3 the id.</summary>
    [StringSyntax("sql")]
    public string ReadRefusals { get; } = $"""
        SELECT build, difference, at
        FROM {schema}.refusals
        WHERE shard = $2 AND namespace = $1 AND execution = $3
        ORDER BY at, build
        """;

    /// <summary>$2 is the shard, $3 the id.</summary>
    [StringSyntax("sql")]
    public string FindOrigin { get; } = $"""
        SELECT execution, kind, source, name, seq, at, edits
        FROM {schema}.origins
        WHERE shard = $2 AND namespace = $1 AND execution = $3
        """;

    /// <summary>$2 is the source, $3 the id behind which it begins, or NULL, $4 how many.</summary>
    [StringSyntax("sql")]
    public string ListDescendants { get; } = $"""
        SELECT execution, kind, source, name, seq, at, edits
        FROM {schema}.origins
        WHERE namespace = $1 AND source = $2 AND ($3 IS NULL OR execution > $3)
        ORDER BY execution
        LIMIT $4
        """;
}
