namespace Hydra.MySql.Sql;

internal sealed partial class MySqlSql
{
    /// <summary>No session begins before what any other has heard.</summary>
    [StringSyntax("sql")]
    public string SetSessionNow { get; } = $"""
        SET @hydra_now = GREATEST(
          @hydra_now,
          COALESCE((SELECT MAX(o.last_beat_at) FROM {prefix}sessions AS o WHERE o.namespace = @namespace), 0))
        """;

    /// <summary>Opened again, as after a doubt, it starts anew.</summary>
    [StringSyntax("sql")]
    public string OpenSession { get; } = $"""
        INSERT INTO {prefix}sessions (
          namespace, id, worker, build, host, concurrency, heartbeat_interval, claim_timeout, started_at, last_beat_at,
          on_time_since, expires_at)
        VALUES (
          @namespace, @session, @worker, @build, @host, @concurrency, @interval, @claimTimeout, @hydra_now, @hydra_now,
          @hydra_now, @hydra_now + @claimTimeout)
        ON DUPLICATE KEY UPDATE
          last_beat_at = @hydra_now, on_time_since = @hydra_now, expires_at = @hydra_now + @claimTimeout
        """;

    /// <summary>@rows are places and names.</summary>
    [StringSyntax("sql")]
    public string InsertSessionWorkflows { get; } = $"""
        INSERT INTO {prefix}session_workflows (namespace, session, workflow, place)
        SELECT @namespace, @session, UNHEX(s.workflow), s.place
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (place INT PATH '$[0]', workflow VARCHAR(1530) PATH '$[1]')) AS s
        ON DUPLICATE KEY UPDATE {prefix}session_workflows.place = {prefix}session_workflows.place
        """;

    /// <summary>"On time" starts anew after a gap that is negative or too long.</summary>
    [StringSyntax("sql")]
    public string Beat { get; } = $"""
        UPDATE {prefix}sessions
        SET on_time_since = CASE WHEN @hydra_now < last_beat_at OR (@hydra_now - last_beat_at) * 2 > claim_timeout
                                 THEN @hydra_now ELSE on_time_since END,
            last_beat_at = @hydra_now,
            expires_at = @hydra_now + claim_timeout
        WHERE namespace = @namespace AND id = @session
        """;

    /// <summary>The time, and whether the update before it has found the session.</summary>
    [StringSyntax("sql")]
    public static string ReadBeat => "SELECT CAST(@hydra_now AS SIGNED), ROW_COUNT() > 0";

    /// <summary>Gives up after a second, each server in its own words.</summary>
    [StringSyntax("sql")]
    public string ReadOwned { get; } = $"""
        /*M! SET STATEMENT max_statement_time = 1 FOR */
        SELECT /*+ MAX_EXECUTION_TIME(1000) */ id, epoch, mail, requests
        FROM {prefix}executions FORCE INDEX (live)
        WHERE namespace = @namespace AND holder = @session AND holder > 0
        """;

    /// <summary>
    /// Which of @rows, shards and ids, the session owns: a look at each, which no old snapshot makes dearer.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadOwnedOf { get; } = $"""
        /*M! SET STATEMENT max_statement_time = 1 FOR */
        SELECT /*+ MAX_EXECUTION_TIME(1000) */ e.id, e.epoch, e.mail, e.requests
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]')) AS s
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = s.shard AND e.namespace = @namespace AND e.id = UNHEX(s.id)
        WHERE e.owner = @session
        """;

    [StringSyntax("sql")]
    public string DeleteSession { get; } = $"""
        DELETE FROM {prefix}sessions WHERE namespace = @namespace AND id = @session
        """;

    [StringSyntax("sql")]
    public string DeleteSessionWorkflows { get; } = $"""
        DELETE FROM {prefix}session_workflows WHERE namespace = @namespace AND session = @session
        """;

    [StringSyntax("sql")]
    public string ListSessions { get; } = $"""
        SELECT o.id, CONVERT(o.worker USING utf8mb4), CONVERT(o.build USING utf8mb4), CONVERT(o.host USING utf8mb4),
               o.concurrency, o.heartbeat_interval, o.claim_timeout, o.started_at, o.last_beat_at, o.on_time_since,
               o.expires_at, CONVERT(w.workflow USING utf8mb4)
        FROM {prefix}sessions AS o
        LEFT JOIN {prefix}session_workflows AS w ON w.namespace = @namespace AND w.session = o.id
        WHERE o.namespace = @namespace
        ORDER BY o.worker, o.id, w.place
        """;
}
