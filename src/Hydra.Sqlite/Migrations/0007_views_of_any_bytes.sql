-- A row whose bytes are not what they say to be hides no other row: JSON is looked at before it is read.
DROP VIEW IF EXISTS hydra_why_not_running;

-- One row for each execution: what it waits for, or what it does. The same reasons as in the API, by this machine's
-- clock. Add WHERE state = 'pending' or whatever you look for: it asks several tables about every row.
CREATE VIEW hydra_why_not_running AS
WITH
clock (now) AS (SELECT CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)),
knowing (namespace, session, build, workflow, concurrency) AS (
  SELECT s.namespace, s.id, s.build, w.value, s.concurrency
  FROM clock, hydra_sessions AS s, json_each(s.workflows) AS w
  WHERE s.expires_at > clock.now)
SELECT e.namespace,
       lower(substr(hex(e.id), 1, 8) || '-' || substr(hex(e.id), 9, 4) || '-' || substr(hex(e.id), 13, 4) || '-'
             || substr(hex(e.id), 17, 4) || '-' || substr(hex(e.id), 21)) AS execution,
       e.workflow, e.key,
       CASE e.state WHEN 0 THEN 'pending' WHEN 1 THEN 'running' WHEN 2 THEN 'sleeping' WHEN 3 THEN 'waiting'
                    WHEN 4 THEN 'paused' WHEN 5 THEN 'blocked' WHEN 6 THEN 'completed' WHEN 7 THEN 'failed'
                    WHEN 8 THEN 'cancelled' ELSE 'timedOut' END AS state,
       CASE
         WHEN e.state >= 6 THEN 'ended'
         WHEN e.state = 1 THEN CASE WHEN s.expires_at > clock.now THEN 'running' ELSE 'ownerLost' END
         WHEN e.blocked_reason = 2 THEN 'quarantined'
         WHEN e.state = 5 THEN 'mismatch'
         WHEN e.state = 4 THEN 'paused'
         WHEN e.due_at > clock.now THEN
           CASE
             WHEN e.started_at IS NULL THEN 'startsLater'
             WHEN e.backing_off = 1 THEN 'betweenAttempts'
             WHEN e.state = 0 THEN 'afterCrash'
             WHEN EXISTS (
               SELECT 1
               FROM hydra_attempts AS f
               WHERE f.execution = e.number AND f.key = e.waits_for AND f.phase = 1
                 AND f.execution_attempt = e.attempt AND f.retry_at > clock.now) THEN 'stepRetry'
             WHEN e.state = 3 THEN 'waiting'
             ELSE 'sleeping'
           END
         WHEN NOT EXISTS (
           SELECT 1 FROM hydra_sessions AS l WHERE l.namespace = e.namespace AND l.expires_at > clock.now)
           THEN 'noWorker'
         WHEN NOT EXISTS (
           SELECT 1 FROM knowing AS k WHERE k.namespace = e.namespace AND k.workflow = e.workflow)
           THEN 'unknownWorkflow'
         WHEN NOT EXISTS (
           SELECT 1
           FROM knowing AS k
           WHERE k.namespace = e.namespace AND k.workflow = e.workflow AND NOT EXISTS (
             SELECT 1 FROM hydra_refusals AS r WHERE r.execution = e.number AND r.build = k.build))
           THEN 'refused'
         WHEN (
           SELECT count(*)
           FROM knowing AS k
           JOIN hydra_executions AS o ON o.namespace = k.namespace AND o.owner = k.session AND o.owner > 0
           WHERE k.namespace = e.namespace AND k.workflow = e.workflow AND NOT EXISTS (
             SELECT 1 FROM hydra_refusals AS r WHERE r.execution = e.number AND r.build = k.build))
           >= (
           SELECT sum(k.concurrency)
           FROM knowing AS k
           WHERE k.namespace = e.namespace AND k.workflow = e.workflow AND NOT EXISTS (
             SELECT 1 FROM hydra_refusals AS r WHERE r.execution = e.number AND r.build = k.build))
           THEN 'noFreeSlot'
         WHEN e.barren_crashes >= 2 AND NOT EXISTS (
           SELECT 1
           FROM knowing AS k
           WHERE k.namespace = e.namespace AND k.workflow = e.workflow AND NOT EXISTS (
             SELECT 1 FROM hydra_refusals AS r WHERE r.execution = e.number AND r.build = k.build)
             AND NOT EXISTS (
             SELECT 1
             FROM hydra_executions AS o
             WHERE o.namespace = k.namespace AND o.owner = k.session AND o.owner > 0 AND o.barren_crashes >= 2))
           THEN 'suspectTurn'
         ELSE 'due'
       END AS reason,
       -- Plain is what has codec 0 in its fifth byte; then JSON stands behind 20 bytes of header.
       CASE
         WHEN e.state >= 6 OR e.backing_off = 1 THEN (
           SELECT CASE WHEN substr(j.output, 5, 1) <> x'00' THEN '[encoded, see hydra why]'
                       ELSE coalesce(
                         CASE WHEN json_valid(CAST(substr(j.output, 21) AS TEXT))
                           THEN json_extract(CAST(substr(j.output, 21) AS TEXT), '$.message')
                         END,
                         'The recorded failure cannot be read.') END
           FROM hydra_journal AS j
           WHERE j.execution = e.number AND j.seq = e.last_seq AND j.failed = 1)
         WHEN e.state = 1 THEN (
           SELECT group_concat(
                    b.key || ' since ' || strftime('%Y-%m-%d %H:%M:%S', b.started_at / 1e6, 'unixepoch'), ', ')
           FROM hydra_attempts AS b
           WHERE b.execution = e.number AND b.phase IN (0, 3) AND b.epoch = e.epoch
             AND NOT EXISTS (
               SELECT 1
               FROM hydra_attempts AS f
               WHERE f.execution = b.execution AND f.key = b.key AND f.attempt = b.attempt AND f.epoch = b.epoch
                 AND f.phase IN (1, 2, 4, 5))
             AND NOT EXISTS (
               SELECT 1
               FROM hydra_journal AS j
               WHERE j.execution = b.execution AND j.seq > e.last_seq AND j.kind = 1 AND j.key = b.key
                 AND j.attempt = b.attempt AND j.epoch = b.epoch))
         WHEN e.blocked_reason = 2 OR (e.state = 0 AND e.barren_crashes > 0) THEN
           'crashes without getting further: ' || e.barren_crashes || coalesce((
             SELECT ', the last of worker ' || c.worker
             FROM hydra_crashes AS c
             WHERE c.execution = e.number
             ORDER BY c.epoch DESC
             LIMIT 1), '') || coalesce((
             SELECT '; running then: ' || group_concat(ran.key, ', ')
             FROM (
               SELECT DISTINCT b.key
               FROM hydra_attempts AS b
               JOIN hydra_crashes AS c ON c.execution = b.execution AND c.epoch = b.epoch
               WHERE b.execution = e.number AND b.phase IN (0, 3)
                 AND (SELECT count(*) FROM hydra_crashes AS d WHERE d.execution = c.execution AND d.epoch > c.epoch)
                     < e.barren_crashes
                 AND NOT EXISTS (
                   SELECT 1
                   FROM hydra_attempts AS f
                   WHERE f.execution = b.execution AND f.key = b.key AND f.attempt = b.attempt AND f.epoch = b.epoch
                     AND f.phase IN (1, 2, 4, 5))
                 AND NOT EXISTS (
                   SELECT 1
                   FROM hydra_journal AS j
                   WHERE j.execution = b.execution AND j.kind = 1 AND j.key = b.key AND j.epoch >= b.epoch)
               ORDER BY b.key) AS ran), '')
         WHEN e.state = 5 OR (e.state < 4 AND e.due_at <= clock.now AND EXISTS (
           SELECT 1 FROM hydra_refusals AS r WHERE r.execution = e.number)) THEN (
           SELECT r.build || ': ' || CASE WHEN substr(r.difference, 5, 1) <> x'00' THEN '[encoded, see hydra why]'
                                          ELSE coalesce(
                                            CASE WHEN json_valid(CAST(substr(r.difference, 21) AS TEXT))
                                              THEN json_extract(CAST(substr(r.difference, 21) AS TEXT), '$.message')
                                            END,
                                            'The recorded failure cannot be read.') END
           FROM hydra_refusals AS r
           WHERE r.execution = e.number
           ORDER BY r.at DESC
           LIMIT 1)
         WHEN e.state = 2 OR e.state = 3 THEN
           e.waits_for || coalesce((
             SELECT ': ' || CASE WHEN substr(f.failure, 5, 1) <> x'00' THEN '[encoded, see hydra why]'
                                 ELSE coalesce(
                                   CASE WHEN json_valid(CAST(substr(f.failure, 21) AS TEXT))
                                     THEN json_extract(CAST(substr(f.failure, 21) AS TEXT), '$.message')
                                   END,
                                   'The recorded failure cannot be read.') END
             FROM hydra_attempts AS f
             WHERE f.execution = e.number AND f.key = e.waits_for AND f.phase = 1
               AND f.execution_attempt = e.attempt AND f.retry_at > clock.now
             ORDER BY f.attempt DESC
             LIMIT 1), '')
       END AS detail,
       CASE WHEN e.state >= 5 OR e.owner > 0 OR e.due_at > 253402300799000000 THEN NULL
            ELSE strftime('%Y-%m-%d %H:%M:%f', e.due_at / 1e6, 'unixepoch') END AS due_at,
       s.worker, s.host,
       strftime('%Y-%m-%d %H:%M:%f', s.last_beat_at / 1e6, 'unixepoch') AS last_beat_at,
       strftime('%Y-%m-%d %H:%M:%f', s.expires_at / 1e6, 'unixepoch') AS lease_ends_at
FROM clock, hydra_executions AS e
LEFT JOIN hydra_sessions AS s ON s.namespace = e.namespace AND s.id = e.owner;
