namespace Hydra.PostgreSql.Sql;

internal sealed partial class PostgreSqlSql
{
    /// <summary>
    /// Locks executions in the order of their keys, and reads what their owners have to hear, as columns in one row
    /// with the time once all are locked. Fails, by a division by zero, unless every one is there and owned by the
    /// session $9 under its epoch ($6), its mail is as it was seen ($7) and nothing is asked of those that must not be
    /// asked ($8).
    /// </summary>
    [StringSyntax("sql")]
    public string LockExpected { get; } = $"""
        SELECT 1 / (count(*) FILTER (WHERE e.holds) = cardinality($5::uuid[]))::integer,
               greatest($2::bigint, coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)),
               array_agg(e.id), array_agg(e.mail), array_agg(e.requests)
        FROM (
          SELECT unnest($4::smallint[]) AS shard, unnest($5::uuid[]) AS id, unnest($6::bigint[]) AS epoch,
                 unnest($7::bigint[]) AS mail, unnest($8::boolean[]) AS unasked
          ORDER BY shard, id) AS s
        CROSS JOIN LATERAL (
          SELECT x.id, x.mail, x.requests,
                 x.epoch = s.epoch AND x.owner = $9 AND (s.mail IS NULL OR x.mail = s.mail)
                 AND (NOT s.unasked OR x.requests = 0) AS holds
          FROM {schema}.executions AS x
          WHERE x.shard = s.shard AND x.namespace = $1 AND x.id = s.id
          OFFSET 0
          FOR NO KEY UPDATE OF x) AS e
        """;

    /// <summary>
    /// Ends executions in the order of their keys, and answers and fails likewise: for a batch that ends all that it
    /// goes on with, where the update itself can be the lock. $6 are the epochs, $7 the states, $8 the last seqs, $9 is
    /// the session. The time is that before it waited for any lock; nothing becomes due by it.
    /// </summary>
    [StringSyntax("sql")]
    public string EndExpected { get; } = $"""
        WITH ended AS (
          UPDATE {schema}.executions AS e
          SET owner = 0, settled_epoch = e.epoch, state = s.state, last_seq = s.last_seq, finished_at = s.now,
              requests = 0
          FROM (
            SELECT $1 AS namespace, c.now, unnest($4::smallint[]) AS shard, unnest($5::uuid[]) AS id,
                   unnest($6::bigint[]) AS epoch, unnest($7::smallint[]) AS state, unnest($8::bigint[]) AS last_seq
            FROM (SELECT greatest(
                           $2::bigint,
                           coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)) AS now
                  OFFSET 0) AS c
            ORDER BY shard, id
            OFFSET 0) AS s
          WHERE e.shard = ANY (ARRAY[s.shard]) AND e.namespace = s.namespace AND e.id = s.id AND e.epoch = s.epoch
            AND e.owner = $9
          RETURNING e.id, e.mail, e.requests, s.now)
        SELECT 1 / (count(*) = cardinality($5::uuid[]))::integer, max(now), array_agg(id), array_agg(mail),
               array_agg(requests)
        FROM ended
        """;

    /// <summary>
    /// Fails likewise unless the entries that the new ones follow ($4) are there, and are the last where the journal
    /// must end ($5). A statement of its own, since it must see what the locks waited for.
    /// </summary>
    [StringSyntax("sql")]
    public string AssertJournals { get; } = $"""
        SELECT 1 / (count(*) = cardinality($3::uuid[]))::integer
        FROM (
          SELECT unnest($2::smallint[]) AS shard, unnest($3::uuid[]) AS id, unnest($4::bigint[]) AS follows,
                 unnest($5::boolean[]) AS ends) AS s
        WHERE (s.follows IS NULL
               OR (SELECT true
                   FROM {schema}.journal AS j
                   WHERE j.shard = s.shard AND j.namespace = $1 AND j.execution = s.id AND j.seq = s.follows))
          AND (NOT s.ends
               OR (SELECT true
                   FROM {schema}.journal AS j
                   WHERE j.shard = s.shard AND j.namespace = $1 AND j.execution = s.id AND j.seq > s.follows
                   LIMIT 1) IS NULL)
        """;

    /// <summary>
    /// Ends the ownership of executions that this transaction has locked and asserted: $6 are the states, $7 the last
    /// seqs, $8 when they wake or, where that is NULL, $9 after what delay; $10 whether another attempt follows, $11
    /// what they wait for. The epochs ($12) and the session ($13) prove it again. State 6 is the first terminal one.
    /// </summary>
    [StringSyntax("sql")]
    public string SettleExpected { get; } = $"""
        UPDATE {schema}.executions AS e
        SET owner = 0, settled_epoch = e.epoch, state = s.state, last_seq = s.last_seq,
            finished_at = CASE WHEN s.state >= 6 THEN s.now END,
            requests = CASE WHEN s.state >= 6 THEN 0 ELSE e.requests END,
            due_at = CASE WHEN s.state >= 6 THEN e.due_at
                          ELSE greatest(s.now,
                                        least(coalesce(s.wake_at, s.now + s.delay),
                                              CASE WHEN e.deadline_delivered THEN NULL ELSE e.deadline END)) END,
            attempt = e.attempt + s.another::integer,
            backing_off = s.another,
            barren_crashes = CASE WHEN s.state < 6 AND s.last_seq > e.crash_seq THEN 0 ELSE e.barren_crashes END,
            sole_suspect_crashes = CASE WHEN s.state < 6 AND s.last_seq > e.crash_seq THEN 0
                                        ELSE e.sole_suspect_crashes END,
            waits_for = coalesce(s.waits_for, e.waits_for)
        FROM (
          SELECT $1 AS namespace, c.now, unnest($4::smallint[]) AS shard, unnest($5::uuid[]) AS id,
                 unnest($6::smallint[]) AS state, unnest($7::bigint[]) AS last_seq, unnest($8::bigint[]) AS wake_at,
                 unnest($9::bigint[]) AS delay, unnest($10::boolean[]) AS another, unnest($11::text[]) AS waits_for,
                 unnest($12::bigint[]) AS epoch
          FROM (SELECT greatest(
                         $2::bigint,
                         coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)) AS now
                OFFSET 0) AS c
          OFFSET 0) AS s
        WHERE e.shard = ANY (ARRAY[s.shard]) AND e.namespace = s.namespace AND e.id = s.id AND e.epoch = s.epoch
          AND e.owner = $13
        """;
}
