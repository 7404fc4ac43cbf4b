-- A row whose bytes are not what they say to be hides no other row: bytes are looked at before they are read as text.
-- The shape is that of UTF-8 in hexadecimal digits, without NUL, which PostgreSQL has in no text.

-- As text is shown what is plain JSON (content type 1 in the second byte, codec 0 in the fifth) of up to 16 MiB.
CREATE OR REPLACE VIEW {schema}.steps_text AS
SELECT namespace, execution, seq,
       coalesce((ARRAY['input', 'step', 'sleep', 'cancellation', 'timeout', 'foreign', 'attemptFailed',
                       'attemptStarted', 'terminal', 'forked'])[kind + 1], kind::text) AS kind,
       key, failed, attempt, epoch, worker,
       to_timestamp(coalesce(started_at, at) / 1e6) AS started_at,
       to_timestamp(at / 1e6) AS at,
       CASE WHEN substr(input, 2, 1) = '\x01'::bytea AND substr(input, 5, 1) = '\x00'::bytea
              AND length(input) <= 16777216 AND encode(substr(input, 21), 'hex') ~ shape.utf8
            THEN convert_from(substr(input, 21), 'UTF8') END AS input,
       CASE WHEN substr(output, 2, 1) = '\x01'::bytea AND substr(output, 5, 1) = '\x00'::bytea
              AND length(output) <= 16777216 AND encode(substr(output, 21), 'hex') ~ shape.utf8
            THEN convert_from(substr(output, 21), 'UTF8') END AS output
FROM (VALUES (
  '^(?:0[1-9a-f]|[1-7].|(?:c[2-9a-f]|d.|e0[ab].|e[1-9abcef][89ab].|ed[89].'
  || '|f0[9ab].[89ab].|f[1-3][89ab].[89ab].|f48.[89ab].)[89ab].)*$')) AS shape (utf8)
CROSS JOIN {schema}.journal;

-- Every try of every step: what did not become an outcome, and the outcomes, which have a seq.
CREATE OR REPLACE VIEW {schema}.attempts_text AS
SELECT namespace, execution, key, attempt,
       CASE WHEN phase = 5 AND failure IS NOT NULL THEN 'barred'
            ELSE coalesce((ARRAY['started', 'failed', 'abandoned', 'begunOnce', 'notBegun', 'landed'])[phase + 1],
                          phase::text) END AS state,
       NULL::bigint AS seq, epoch, worker, to_timestamp(started_at / 1e6) AS started_at,
       to_timestamp(ended_at / 1e6) AS ended_at,
       CASE WHEN substr(input, 2, 1) = '\x01'::bytea AND substr(input, 5, 1) = '\x00'::bytea
              AND length(input) <= 16777216 AND encode(substr(input, 21), 'hex') ~ shape.utf8
            THEN convert_from(substr(input, 21), 'UTF8') END AS input,
       CASE WHEN substr(output, 2, 1) = '\x01'::bytea AND substr(output, 5, 1) = '\x00'::bytea
              AND length(output) <= 16777216 AND encode(substr(output, 21), 'hex') ~ shape.utf8
            THEN convert_from(substr(output, 21), 'UTF8') END AS output,
       CASE WHEN substr(failure, 2, 1) = '\x01'::bytea AND substr(failure, 5, 1) = '\x00'::bytea
              AND length(failure) <= 16777216 AND encode(substr(failure, 21), 'hex') ~ shape.utf8
            THEN convert_from(substr(failure, 21), 'UTF8') END AS failure
FROM (VALUES (
  '^(?:0[1-9a-f]|[1-7].|(?:c[2-9a-f]|d.|e0[ab].|e[1-9abcef][89ab].|ed[89].'
  || '|f0[9ab].[89ab].|f[1-3][89ab].[89ab].|f48.[89ab].)[89ab].)*$')) AS shape (utf8)
CROSS JOIN {schema}.attempts
UNION ALL
SELECT namespace, execution, key, attempt, CASE WHEN failed THEN 'failed' ELSE 'completed' END, seq, epoch, worker,
       to_timestamp(coalesce(started_at, at) / 1e6), to_timestamp(at / 1e6),
       CASE WHEN substr(input, 2, 1) = '\x01'::bytea AND substr(input, 5, 1) = '\x00'::bytea
              AND length(input) <= 16777216 AND encode(substr(input, 21), 'hex') ~ shape.utf8
            THEN convert_from(substr(input, 21), 'UTF8') END,
       CASE WHEN NOT failed AND substr(output, 2, 1) = '\x01'::bytea AND substr(output, 5, 1) = '\x00'::bytea
              AND length(output) <= 16777216 AND encode(substr(output, 21), 'hex') ~ shape.utf8
            THEN convert_from(substr(output, 21), 'UTF8') END,
       CASE WHEN failed AND substr(output, 2, 1) = '\x01'::bytea AND substr(output, 5, 1) = '\x00'::bytea
              AND length(output) <= 16777216 AND encode(substr(output, 21), 'hex') ~ shape.utf8
            THEN convert_from(substr(output, 21), 'UTF8') END
FROM (VALUES (
  '^(?:0[1-9a-f]|[1-7].|(?:c[2-9a-f]|d.|e0[ab].|e[1-9abcef][89ab].|ed[89].'
  || '|f0[9ab].[89ab].|f[1-3][89ab].[89ab].|f48.[89ab].)[89ab].)*$')) AS shape (utf8)
CROSS JOIN {schema}.journal
WHERE kind = 1;

CREATE OR REPLACE VIEW {schema}.schedules_text AS
SELECT namespace, name, workflow, paused,
       CASE WHEN due_at < 253402300799000000 THEN to_timestamp(due_at / 1e6) END AS due_at,
       CASE WHEN substr(definition, 2, 1) = '\x01'::bytea AND substr(definition, 5, 1) = '\x00'::bytea
              AND length(definition) <= 16777216 AND encode(substr(definition, 21), 'hex') ~ shape.utf8
            THEN convert_from(substr(definition, 21), 'UTF8') END AS definition,
       CASE WHEN substr(progress, 2, 1) = '\x01'::bytea AND substr(progress, 5, 1) = '\x00'::bytea
              AND length(progress) <= 16777216 AND encode(substr(progress, 21), 'hex') ~ shape.utf8
            THEN convert_from(substr(progress, 21), 'UTF8') END AS progress,
       CASE WHEN substr(input, 2, 1) = '\x01'::bytea AND substr(input, 5, 1) = '\x00'::bytea
              AND length(input) <= 16777216 AND encode(substr(input, 21), 'hex') ~ shape.utf8
            THEN convert_from(substr(input, 21), 'UTF8') END AS input,
       to_timestamp(created_at / 1e6) AS created_at,
       to_timestamp(changed_at / 1e6) AS changed_at
FROM (VALUES (
  '^(?:0[1-9a-f]|[1-7].|(?:c[2-9a-f]|d.|e0[ab].|e[1-9abcef][89ab].|ed[89].'
  || '|f0[9ab].[89ab].|f[1-3][89ab].[89ab].|f48.[89ab].)[89ab].)*$')) AS shape (utf8)
CROSS JOIN {schema}.schedules;

-- One row for each execution: what it waits for, or what it does. The same reasons as in the API, by the database's
-- clock. Add WHERE state = 'pending' or whatever you look for: it asks several tables about every row. Failures are
-- plain JSON behind 20 bytes of header, of which the type comes first and then the message. That is looked at before it
-- is read; PostgreSQL's JSON knows no \u0000, which becomes a space.
CREATE OR REPLACE VIEW {schema}.why_not_running AS
WITH
-- The second is the message with its quotes, where it is a text that can be read.
shape (utf8, message) AS (VALUES (
  '^(?:0[1-9a-f]|[1-7].|(?:c[2-9a-f]|d.|e0[ab].|e[1-9abcef][89ab].|ed[89].'
  || '|f0[9ab].[89ab].|f[1-3][89ab].[89ab].|f48.[89ab].)[89ab].)*$',
  '^\{"type":"(?:[^"\\]|\\.)*","message":("(?:[^"\\\u0001-\u001f]|\\["\\/bfnrt]|\\u(?:[0-9a-cefA-CEF][0-9a-fA-F]{3}'
  || '|[dD][0-7][0-9a-fA-F]{2}|[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))*")')),
clock AS MATERIALIZED (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now),
knowing AS (
  SELECT s.namespace, s.id AS session, s.build, w.workflow, s.concurrency
  FROM clock
  CROSS JOIN {schema}.sessions AS s
  CROSS JOIN unnest(s.workflows) AS w (workflow)
  WHERE s.expires_at > clock.now)
SELECT e.namespace, e.id AS execution, e.workflow, e.key,
       (ARRAY['pending', 'running', 'sleeping', 'waiting', 'paused', 'blocked', 'completed', 'failed', 'cancelled',
              'timedOut'])[e.state + 1] AS state,
       CASE
         WHEN e.state >= 6 THEN 'ended'
         WHEN e.state = 1 THEN CASE WHEN s.expires_at > clock.now THEN 'running' ELSE 'ownerLost' END
         WHEN e.blocked_reason = 2 THEN 'quarantined'
         WHEN e.state = 5 THEN 'mismatch'
         WHEN e.state = 4 THEN 'paused'
         WHEN e.due_at > clock.now THEN
           CASE
             WHEN e.started_at IS NULL THEN 'startsLater'
             WHEN e.backing_off THEN 'betweenAttempts'
             WHEN e.state = 0 THEN 'afterCrash'
             WHEN EXISTS (
               SELECT
               FROM {schema}.attempts AS f
               WHERE f.shard = e.shard AND f.namespace = e.namespace AND f.execution = e.id AND f.key = e.waits_for
                 AND f.phase = 1 AND f.execution_attempt = e.attempt AND f.retry_at > clock.now) THEN 'stepRetry'
             WHEN e.state = 3 THEN 'waiting'
             ELSE 'sleeping'
           END
         WHEN NOT EXISTS (
           SELECT FROM {schema}.sessions AS l WHERE l.namespace = e.namespace AND l.expires_at > clock.now)
           THEN 'noWorker'
         WHEN NOT EXISTS (
           SELECT FROM knowing AS k WHERE k.namespace = e.namespace AND k.workflow = e.workflow)
           THEN 'unknownWorkflow'
         WHEN NOT EXISTS (
           SELECT
           FROM knowing AS k
           WHERE k.namespace = e.namespace AND k.workflow = e.workflow AND NOT EXISTS (
             SELECT
             FROM {schema}.refusals AS r
             WHERE r.shard = e.shard AND r.namespace = e.namespace AND r.execution = e.id AND r.build = k.build))
           THEN 'refused'
         WHEN (
           SELECT count(*)
           FROM knowing AS k
           JOIN {schema}.executions AS o
             ON o.namespace = k.namespace AND o.owner = k.session AND o.owner > 0
           WHERE k.namespace = e.namespace AND k.workflow = e.workflow AND NOT EXISTS (
             SELECT
             FROM {schema}.refusals AS r
             WHERE r.shard = e.shard AND r.namespace = e.namespace AND r.execution = e.id AND r.build = k.build))
           >= (
           SELECT sum(k.concurrency)
           FROM knowing AS k
           WHERE k.namespace = e.namespace AND k.workflow = e.workflow AND NOT EXISTS (
             SELECT
             FROM {schema}.refusals AS r
             WHERE r.shard = e.shard AND r.namespace = e.namespace AND r.execution = e.id AND r.build = k.build))
           THEN 'noFreeSlot'
         WHEN e.barren_crashes >= 2 AND NOT EXISTS (
           SELECT
           FROM knowing AS k
           WHERE k.namespace = e.namespace AND k.workflow = e.workflow AND NOT EXISTS (
             SELECT
             FROM {schema}.refusals AS r
             WHERE r.shard = e.shard AND r.namespace = e.namespace AND r.execution = e.id AND r.build = k.build)
             AND NOT EXISTS (
             SELECT
             FROM {schema}.executions AS o
             WHERE o.namespace = k.namespace AND o.owner = k.session AND o.owner > 0
               AND o.barren_crashes >= 2))
           THEN 'suspectTurn'
         ELSE 'due'
       END AS reason,
       CASE
         WHEN e.state >= 6 OR e.backing_off THEN (
           SELECT CASE WHEN substr(j.output, 5, 1) <> '\x00'::bytea THEN '[encoded, see hydra why]'
                       WHEN encode(substr(j.output, 21), 'hex') ~ shape.utf8 THEN coalesce(
                         (regexp_replace(substring(convert_from(substr(j.output, 21), 'UTF8') FROM shape.message),
                                         '(?<!\\)((?:\\\\)*)\\u0000', '\1 ', 'g')::json) #>> '{}',
                         'The recorded failure cannot be read.')
                       ELSE 'The recorded failure cannot be read.' END
           FROM {schema}.journal AS j
           WHERE j.shard = e.shard AND j.namespace = e.namespace AND j.execution = e.id AND j.seq = e.last_seq
             AND j.failed)
         WHEN e.state = 1 THEN (
           SELECT string_agg(
                    b.key || ' since ' || date_trunc('second', to_timestamp(b.started_at / 1e6)), ', ' ORDER BY b.key)
           FROM {schema}.attempts AS b
           WHERE b.shard = e.shard AND b.namespace = e.namespace AND b.execution = e.id AND b.phase IN (0, 3)
             AND b.epoch = e.epoch
             AND NOT EXISTS (
               SELECT
               FROM {schema}.attempts AS f
               WHERE f.shard = b.shard AND f.namespace = b.namespace AND f.execution = b.execution AND f.key = b.key
                 AND f.attempt = b.attempt AND f.epoch = b.epoch AND f.phase IN (1, 2, 4, 5))
             AND NOT EXISTS (
               SELECT
               FROM {schema}.journal AS j
               WHERE j.shard = b.shard AND j.namespace = b.namespace AND j.execution = b.execution
                 AND j.seq > e.last_seq AND j.kind = 1 AND j.key = b.key AND j.attempt = b.attempt
                 AND j.epoch = b.epoch))
         WHEN e.blocked_reason = 2 OR (e.state = 0 AND e.barren_crashes > 0) THEN
           'crashes without getting further: ' || e.barren_crashes || coalesce((
             SELECT ', the last of worker ' || c.worker
             FROM {schema}.crashes AS c
             WHERE c.shard = e.shard AND c.namespace = e.namespace AND c.execution = e.id
             ORDER BY c.epoch DESC
             LIMIT 1), '') || coalesce((
             SELECT '; running then: ' || string_agg(DISTINCT b.key, ', ' ORDER BY b.key)
             FROM {schema}.attempts AS b
             JOIN {schema}.crashes AS c ON c.shard = b.shard AND c.namespace = b.namespace
               AND c.execution = b.execution AND c.epoch = b.epoch
             WHERE b.shard = e.shard AND b.namespace = e.namespace AND b.execution = e.id AND b.phase IN (0, 3)
               AND (
                 SELECT count(*)
                 FROM {schema}.crashes AS d
                 WHERE d.shard = c.shard AND d.namespace = c.namespace AND d.execution = c.execution
                   AND d.epoch > c.epoch) < e.barren_crashes
               AND NOT EXISTS (
                 SELECT
                 FROM {schema}.attempts AS f
                 WHERE f.shard = b.shard AND f.namespace = b.namespace AND f.execution = b.execution AND f.key = b.key
                   AND f.attempt = b.attempt AND f.epoch = b.epoch AND f.phase IN (1, 2, 4, 5))
               AND NOT EXISTS (
                 SELECT
                 FROM {schema}.journal AS j
                 WHERE j.shard = b.shard AND j.namespace = b.namespace AND j.execution = b.execution
                   AND j.kind = 1 AND j.key = b.key AND j.epoch >= b.epoch)), '')
         WHEN e.state = 5 OR (e.state < 4 AND e.due_at <= clock.now AND EXISTS (
           SELECT
           FROM {schema}.refusals AS r
           WHERE r.shard = e.shard AND r.namespace = e.namespace AND r.execution = e.id)) THEN (
           SELECT r.build || ': '
                  || CASE WHEN substr(r.difference, 5, 1) <> '\x00'::bytea THEN '[encoded, see hydra why]'
                          WHEN encode(substr(r.difference, 21), 'hex') ~ shape.utf8 THEN coalesce(
                            (regexp_replace(substring(
                                              convert_from(substr(r.difference, 21), 'UTF8') FROM shape.message),
                                            '(?<!\\)((?:\\\\)*)\\u0000', '\1 ', 'g')::json) #>> '{}',
                            'The recorded failure cannot be read.')
                          ELSE 'The recorded failure cannot be read.' END
           FROM {schema}.refusals AS r
           WHERE r.shard = e.shard AND r.namespace = e.namespace AND r.execution = e.id
           ORDER BY r.at DESC
           LIMIT 1)
         WHEN e.state = 2 OR e.state = 3 THEN
           e.waits_for || coalesce((
             SELECT ': '
                    || CASE WHEN substr(f.failure, 5, 1) <> '\x00'::bytea THEN '[encoded, see hydra why]'
                            WHEN encode(substr(f.failure, 21), 'hex') ~ shape.utf8 THEN coalesce(
                              (regexp_replace(substring(convert_from(substr(f.failure, 21), 'UTF8') FROM shape.message),
                                              '(?<!\\)((?:\\\\)*)\\u0000', '\1 ', 'g')::json) #>> '{}',
                              'The recorded failure cannot be read.')
                            ELSE 'The recorded failure cannot be read.' END
             FROM {schema}.attempts AS f
             WHERE f.shard = e.shard AND f.namespace = e.namespace AND f.execution = e.id AND f.key = e.waits_for
               AND f.phase = 1 AND f.execution_attempt = e.attempt AND f.retry_at > clock.now
             ORDER BY f.attempt DESC
             LIMIT 1), '')
       END AS detail,
       CASE WHEN e.state < 5 AND e.owner = 0 AND e.due_at < 253402300799000000 THEN to_timestamp(e.due_at / 1e6)
       END AS due_at,
       s.worker, s.host,
       to_timestamp(s.last_beat_at / 1e6) AS last_beat_at,
       to_timestamp(s.expires_at / 1e6) AS lease_ends_at
FROM clock
CROSS JOIN shape
CROSS JOIN {schema}.executions AS e
LEFT JOIN {schema}.sessions AS s ON s.namespace = e.namespace AND s.id = e.owner;
