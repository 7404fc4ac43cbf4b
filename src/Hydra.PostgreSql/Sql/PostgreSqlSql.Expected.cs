namespace Hydra.PostgreSql.Sql;

internal sealed partial class PostgreSqlSql
{
    /// <summary>Locks executions in the order of their keys, and reads what their owners have to hear.</summary>
    [StringSyntax("sql")]
    public string LockExpected { get; } = $"""
        SELECT e.id, e.mail, e.requests
        FROM unnest($2::smallint[], $3::uuid[]) AS s (shard, id)
        JOIN {schema}.executions AS e ON e.shard = s.shard AND e.namespace = $1 AND e.id = s.id
        ORDER BY e.shard, e.namespace, e.id
        FOR NO KEY UPDATE OF e
        """;

    /// <summary>
    /// Fails, by a division by zero, unless all $10 locked executions are owned by the session $9 under the epochs $4,
    /// their mail is as it was seen ($5), nothing is asked of those that must not be asked ($6), and the entries that
    /// the new ones follow ($7) are there, and are the last where the journal must end ($8). A statement of its own,
    /// since it must see what the locks waited for.
    /// </summary>
    [StringSyntax("sql")]
    public string AssertExpected { get; } = $"""
        SELECT 1 / (count(*) = $10)::integer
        FROM unnest($2::smallint[], $3::uuid[], $4::bigint[], $5::bigint[], $6::boolean[], $7::bigint[],
                    $8::boolean[])
          AS s (shard, id, epoch, mail, unasked, follows, ends)
        JOIN {schema}.executions AS e
          ON e.shard = s.shard AND e.namespace = $1 AND e.id = s.id AND e.epoch = s.epoch AND e.owner = $9
        WHERE (s.mail IS NULL OR e.mail = s.mail)
          AND (NOT s.unasked OR e.requests = 0)
          AND (s.follows IS NULL
               OR EXISTS (SELECT
                          FROM {schema}.journal AS j
                          WHERE j.shard = s.shard AND j.namespace = $1 AND j.execution = s.id AND j.seq = s.follows))
          AND (NOT s.ends
               OR NOT EXISTS (SELECT
                              FROM {schema}.journal AS j
                              WHERE j.shard = s.shard AND j.namespace = $1 AND j.execution = s.id
                                AND j.seq > s.follows))
        """;

    /// <summary>
    /// Ends the ownership of executions that this transaction has locked and asserted: $6 are the states, $7 the last
    /// seqs, $8 when they wake or, where that is NULL, $9 after what delay; $10 whether another attempt follows, $11
    /// what they wait for. State 6 is the first terminal one.
    /// </summary>
    [StringSyntax("sql")]
    public string SettleExpected { get; } = $"""
        WITH clock AS MATERIALIZED (
          SELECT greatest($2::bigint,
                          coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)) AS now)
        UPDATE {schema}.executions AS e
        SET owner = 0, settled_epoch = e.epoch, state = s.state, last_seq = s.last_seq,
            finished_at = CASE WHEN s.state >= 6 THEN c.now END,
            requests = CASE WHEN s.state >= 6 THEN 0 ELSE e.requests END,
            due_at = CASE WHEN s.state >= 6 THEN e.due_at
                          ELSE greatest(c.now,
                                        least(coalesce(s.wake_at, c.now + s.delay),
                                              CASE WHEN e.deadline_delivered THEN NULL ELSE e.deadline END)) END,
            attempt = e.attempt + s.another::integer,
            backing_off = s.another,
            barren_crashes = CASE WHEN s.state < 6 AND s.last_seq > e.crash_seq THEN 0 ELSE e.barren_crashes END,
            sole_suspect_crashes = CASE WHEN s.state < 6 AND s.last_seq > e.crash_seq THEN 0
                                        ELSE e.sole_suspect_crashes END,
            waits_for = coalesce(s.waits_for, e.waits_for)
        FROM clock AS c
        CROSS JOIN unnest($4::smallint[], $5::uuid[], $6::smallint[], $7::bigint[], $8::bigint[], $9::bigint[],
                          $10::boolean[], $11::text[])
          AS s (shard, id, state, last_seq, wake_at, delay, another, waits_for)
        WHERE e.shard = s.shard AND e.namespace = $1 AND e.id = s.id
        """;
}
