namespace Hydra.PostgreSql.Sql;

internal sealed partial class PostgreSqlSql
{
    /// <summary>
    /// $4 is the session, the others as named. Opened again, as after a doubt, it starts anew. Its time is no earlier
    /// than what any session has heard.
    /// </summary>
    [StringSyntax("sql")]
    public string OpenSession { get; } = $"""
        WITH clock AS MATERIALIZED (
          SELECT greatest($2::bigint,
                          coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint),
                          (SELECT max(o.last_beat_at) FROM {schema}.sessions AS o WHERE o.namespace = $1)) AS now)
        INSERT INTO {schema}.sessions (
          namespace, id, worker, build, host, workflows, concurrency, heartbeat_interval, claim_timeout, started_at,
          last_beat_at, on_time_since, expires_at)
        SELECT $1, $4::bigint, $5::text, $6::text, $7::text, $8::text[], $9::integer, $10::bigint, $11::bigint,
               c.now, c.now, c.now, c.now + $11::bigint
        FROM clock AS c
        ON CONFLICT (namespace, id) DO UPDATE
        SET last_beat_at = excluded.last_beat_at, on_time_since = excluded.on_time_since,
            expires_at = excluded.expires_at
        RETURNING last_beat_at
        """;

    /// <summary>
    /// $4 is the session. "On time" starts anew after a gap that is negative or too long. One row always: the time, and
    /// whether the session is still there.
    /// </summary>
    [StringSyntax("sql")]
    public string Beat { get; } = $"""
        WITH clock AS MATERIALIZED (
          SELECT greatest($2::bigint,
                          coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)) AS now),
        beaten AS (
          UPDATE {schema}.sessions AS o
          SET on_time_since = CASE WHEN c.now < o.last_beat_at OR (c.now - o.last_beat_at) * 2 > o.claim_timeout
                                   THEN c.now ELSE o.on_time_since END,
              last_beat_at = c.now,
              expires_at = c.now + o.claim_timeout
          FROM clock AS c
          WHERE o.namespace = $1 AND o.id = $4
          RETURNING 1)
        SELECT c.now, EXISTS (SELECT FROM beaten) FROM clock AS c
        """;

    /// <summary>$2 is the session.</summary>
    [StringSyntax("sql")]
    public string ReadOwned { get; } = $"""
        SELECT id, epoch, mail, requests
        FROM {schema}.executions
        WHERE namespace = $1 AND owner = $2 AND owner > 0
        """;

    /// <summary>
    /// Which of $3 and $4, shards and ids, the session $2 owns: a look at each, which no old snapshot makes dearer.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadOwnedOf { get; } = $"""
        SELECT e.id, e.epoch, e.mail, e.requests
        FROM unnest($3::smallint[], $4::uuid[]) AS s (shard, id)
        CROSS JOIN LATERAL (
          SELECT x.id, x.epoch, x.mail, x.requests
          FROM {schema}.executions AS x
          WHERE x.shard = s.shard AND x.namespace = $1 AND x.id = s.id AND x.owner = $2
          OFFSET 0) AS e
        """;

    /// <summary>$2 is the session.</summary>
    [StringSyntax("sql")]
    public string DeleteSession { get; } = $"DELETE FROM {schema}.sessions WHERE namespace = $1 AND id = $2";

    /// <summary>$2 is the session.</summary>
    [StringSyntax("sql")]
    public string LockOwned { get; } = $"""
        SELECT id
        FROM {schema}.executions
        WHERE namespace = $1 AND owner = $2 AND owner > 0
        ORDER BY shard, namespace, id
        FOR NO KEY UPDATE
        """;

    /// <summary>$4 is the session, all of whose executions are locked. The epoch stays: this is no crash.</summary>
    [StringSyntax("sql")]
    public string HandBack { get; } = $"""
        WITH clock AS MATERIALIZED (
          SELECT greatest($2::bigint,
                          coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)) AS now)
        UPDATE {schema}.executions AS e
        SET state = 0, owner = 0, due_at = c.now,
            last_seq = (SELECT max(j.seq)
                        FROM {schema}.journal AS j
                        WHERE j.shard = e.shard AND j.namespace = $1 AND j.execution = e.id)
        FROM clock AS c
        WHERE e.namespace = $1 AND e.owner = $4 AND e.owner > 0
        """;

    [StringSyntax("sql")]
    public string ListSessions { get; } = $"""
        SELECT id, worker, build, host, concurrency, heartbeat_interval, claim_timeout, started_at, last_beat_at,
               on_time_since, expires_at, workflows
        FROM {schema}.sessions
        WHERE namespace = $1
        ORDER BY worker, id
        """;
}
