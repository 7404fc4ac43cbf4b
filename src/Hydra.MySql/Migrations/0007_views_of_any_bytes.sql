-- A row whose bytes are not what they say to be hides no other row: JSON is looked at before it is read,
-- and only so much of it that no server finds it too deep.
-- One row for each execution: what it waits for, or what it does. The same reasons as in the API, by the database's
-- clock. Add WHERE state = 'pending' or whatever you look for: it asks several tables about every row. Failures are
-- plain JSON behind 20 bytes of header.
CREATE OR REPLACE VIEW {prefix}why_not_running AS
WITH
-- What a failure begins with, its type and its message, and nothing behind that which could be too deep for MySQL:
-- ^\{"type":"(?:[^"\\]++|\\.)*+","message":"(?:[^"\\]++|\\.)*+"
-- in hexadecimal, because some servers take a backslash in a text as it stands.
shape AS (SELECT CONCAT(
  _utf8mb4 x'5E5C7B2274797065223A22283F3A5B5E225C5C5D2B2B7C5C5C2E292A2B222C226D65737361676522',
  _utf8mb4 x'3A22283F3A5B5E225C5C5D2B2B7C5C5C2E292A2B22') AS head),
clock AS (SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) AS now_at),
knowing AS (
  SELECT s.namespace, s.id AS session, s.build, w.workflow, s.concurrency
  FROM clock
  JOIN {prefix}sessions AS s ON s.expires_at > clock.now_at
  JOIN {prefix}session_workflows AS w ON w.namespace = s.namespace AND w.session = s.id)
SELECT CONVERT(e.namespace USING utf8mb4) AS namespace,
       LOWER(CONCAT_WS('-', HEX(LEFT(e.id, 4)), HEX(SUBSTRING(e.id, 5, 2)), HEX(SUBSTRING(e.id, 7, 2)),
                       HEX(SUBSTRING(e.id, 9, 2)), HEX(SUBSTRING(e.id, 11)))) AS execution,
       CONVERT(e.workflow USING utf8mb4) AS workflow, CONVERT(e.`key` USING utf8mb4) AS `key`,
       ELT(e.state + 1, 'pending', 'running', 'sleeping', 'waiting', 'paused', 'blocked') AS state,
       CASE
         WHEN e.state = 1 THEN CASE WHEN s.expires_at > clock.now_at THEN 'running' ELSE 'ownerLost' END
         WHEN e.blocked_reason = 2 THEN 'quarantined'
         WHEN e.state = 5 THEN 'mismatch'
         WHEN e.state = 4 THEN 'paused'
         WHEN e.due_at > clock.now_at THEN
           CASE
             WHEN e.started_at IS NULL THEN 'startsLater'
             WHEN e.backing_off THEN 'betweenAttempts'
             WHEN e.state = 0 THEN 'afterCrash'
             WHEN EXISTS (
               SELECT 1
               FROM {prefix}attempts AS f
               WHERE f.shard = e.shard AND f.namespace = e.namespace AND f.execution = e.id AND f.`key` = e.waits_for
                 AND f.phase = 1 AND f.execution_attempt = e.attempt AND f.retry_at > clock.now_at) THEN 'stepRetry'
             WHEN e.state = 3 THEN 'waiting'
             ELSE 'sleeping'
           END
         WHEN NOT EXISTS (
           SELECT 1 FROM {prefix}sessions AS l WHERE l.namespace = e.namespace AND l.expires_at > clock.now_at)
           THEN 'noWorker'
         WHEN NOT EXISTS (
           SELECT 1 FROM knowing AS k WHERE k.namespace = e.namespace AND k.workflow = e.workflow)
           THEN 'unknownWorkflow'
         WHEN NOT EXISTS (
           SELECT 1
           FROM knowing AS k
           WHERE k.namespace = e.namespace AND k.workflow = e.workflow AND NOT EXISTS (
             SELECT 1
             FROM {prefix}refusals AS r
             WHERE r.shard = e.shard AND r.namespace = e.namespace AND r.execution = e.id AND r.build = k.build))
           THEN 'refused'
         WHEN (
           SELECT COUNT(*)
           FROM knowing AS k
           JOIN {prefix}executions AS o ON o.namespace = k.namespace AND o.holder = k.session
           WHERE k.namespace = e.namespace AND k.workflow = e.workflow AND NOT EXISTS (
             SELECT 1
             FROM {prefix}refusals AS r
             WHERE r.shard = e.shard AND r.namespace = e.namespace AND r.execution = e.id AND r.build = k.build))
           >= (
           SELECT SUM(k.concurrency)
           FROM knowing AS k
           WHERE k.namespace = e.namespace AND k.workflow = e.workflow AND NOT EXISTS (
             SELECT 1
             FROM {prefix}refusals AS r
             WHERE r.shard = e.shard AND r.namespace = e.namespace AND r.execution = e.id AND r.build = k.build))
           THEN 'noFreeSlot'
         WHEN e.suspect AND NOT EXISTS (
           SELECT 1
           FROM knowing AS k
           WHERE k.namespace = e.namespace AND k.workflow = e.workflow AND NOT EXISTS (
             SELECT 1
             FROM {prefix}refusals AS r
             WHERE r.shard = e.shard AND r.namespace = e.namespace AND r.execution = e.id AND r.build = k.build)
             AND NOT EXISTS (
             SELECT 1
             FROM {prefix}executions AS o
             WHERE o.namespace = k.namespace AND o.holder = k.session AND o.suspect))
           THEN 'suspectTurn'
         ELSE 'due'
       END AS reason,
       CASE
         WHEN e.backing_off THEN (
           SELECT CASE WHEN SUBSTRING(j.output, 5, 1) <> x'00' THEN '[encoded, see hydra why]'
                       ELSE COALESCE(
                         CASE WHEN JSON_VALID(CONCAT(REGEXP_SUBSTR(
                                  LEFT(CONVERT(SUBSTRING(j.output, 21) USING utf8mb4), 32000), shape.head), '}'))
                           THEN JSON_UNQUOTE(JSON_EXTRACT(CONCAT(REGEXP_SUBSTR(
                                    LEFT(CONVERT(SUBSTRING(j.output, 21) USING utf8mb4), 32000), shape.head), '}'),
                                  '$.message'))
                         END,
                         'The recorded failure cannot be read.') END
           FROM {prefix}journal AS j
           WHERE j.shard = e.shard AND j.namespace = e.namespace AND j.execution = e.id AND j.seq = e.last_seq
             AND j.failed)
         WHEN e.state = 1 THEN (
           SELECT GROUP_CONCAT(
                    CONVERT(b.`key` USING utf8mb4), ' since ',
                    DATE_FORMAT('1970-01-01' + INTERVAL b.started_at MICROSECOND, '%Y-%m-%d %H:%i:%s')
                    ORDER BY b.`key` SEPARATOR ', ')
           FROM {prefix}attempts AS b
           WHERE b.shard = e.shard AND b.namespace = e.namespace AND b.execution = e.id AND b.phase IN (0, 3)
             AND b.epoch = e.epoch
             AND NOT EXISTS (
               SELECT 1
               FROM {prefix}attempts AS f
               WHERE f.shard = b.shard AND f.namespace = b.namespace AND f.execution = b.execution AND f.`key` = b.`key`
                 AND f.attempt = b.attempt AND f.epoch = b.epoch AND f.phase IN (1, 2, 4, 5))
             AND NOT EXISTS (
               SELECT 1
               FROM {prefix}journal AS j
               WHERE j.shard = b.shard AND j.namespace = b.namespace AND j.execution = b.execution
                 AND j.seq > e.last_seq AND j.kind = 1 AND j.`key` = b.`key` AND j.attempt = b.attempt
                 AND j.epoch = b.epoch))
         WHEN e.blocked_reason = 2 OR (e.state = 0 AND e.barren_crashes > 0) THEN CONCAT(
           'crashes without getting further: ', e.barren_crashes, COALESCE((
             SELECT CONCAT(', the last of worker ', CONVERT(c.worker USING utf8mb4))
             FROM {prefix}crashes AS c
             WHERE c.shard = e.shard AND c.namespace = e.namespace AND c.execution = e.id
             ORDER BY c.epoch DESC
             LIMIT 1), ''), COALESCE((
             SELECT CONCAT(
                      '; running then: ',
                      GROUP_CONCAT(DISTINCT CONVERT(b.`key` USING utf8mb4) ORDER BY b.`key` SEPARATOR ', '))
             FROM {prefix}attempts AS b
             JOIN {prefix}crashes AS c ON c.shard = b.shard AND c.namespace = b.namespace
               AND c.execution = b.execution AND c.epoch = b.epoch
             WHERE b.shard = e.shard AND b.namespace = e.namespace AND b.execution = e.id AND b.phase IN (0, 3)
               AND (
                 SELECT COUNT(*)
                 FROM {prefix}crashes AS d
                 WHERE d.shard = c.shard AND d.namespace = c.namespace AND d.execution = c.execution
                   AND d.epoch > c.epoch) < e.barren_crashes
               AND NOT EXISTS (
                 SELECT 1
                 FROM {prefix}attempts AS f
                 WHERE f.shard = b.shard AND f.namespace = b.namespace AND f.execution = b.execution
                   AND f.`key` = b.`key` AND f.attempt = b.attempt AND f.epoch = b.epoch
                   AND f.phase IN (1, 2, 4, 5))
               AND NOT EXISTS (
                 SELECT 1
                 FROM {prefix}journal AS j
                 WHERE j.shard = b.shard AND j.namespace = b.namespace AND j.execution = b.execution
                   AND j.kind = 1 AND j.`key` = b.`key` AND j.epoch >= b.epoch)), ''))
         WHEN e.state = 5 OR (e.state < 4 AND e.due_at <= clock.now_at AND EXISTS (
           SELECT 1
           FROM {prefix}refusals AS r
           WHERE r.shard = e.shard AND r.namespace = e.namespace AND r.execution = e.id)) THEN (
           SELECT CONCAT(
                    CONVERT(r.build USING utf8mb4), ': ',
                    CASE WHEN SUBSTRING(r.difference, 5, 1) <> x'00' THEN '[encoded, see hydra why]'
                         ELSE COALESCE(
                           CASE WHEN JSON_VALID(CONCAT(REGEXP_SUBSTR(
                                    LEFT(CONVERT(SUBSTRING(r.difference, 21) USING utf8mb4), 32000),
                                    shape.head), '}'))
                             THEN JSON_UNQUOTE(JSON_EXTRACT(CONCAT(REGEXP_SUBSTR(
                                      LEFT(CONVERT(SUBSTRING(r.difference, 21) USING utf8mb4), 32000),
                                      shape.head), '}'),
                                    '$.message'))
                           END,
                           'The recorded failure cannot be read.') END)
           FROM {prefix}refusals AS r
           WHERE r.shard = e.shard AND r.namespace = e.namespace AND r.execution = e.id
           ORDER BY r.at DESC
           LIMIT 1)
         WHEN e.state = 2 OR e.state = 3 THEN CONCAT(
           CONVERT(e.waits_for USING utf8mb4), COALESCE((
             SELECT CONCAT(
                      ': ', CASE WHEN SUBSTRING(f.failure, 5, 1) <> x'00' THEN '[encoded, see hydra why]'
                                 ELSE COALESCE(
                                   CASE WHEN JSON_VALID(CONCAT(REGEXP_SUBSTR(
                                            LEFT(CONVERT(SUBSTRING(f.failure, 21) USING utf8mb4), 32000),
                                            shape.head), '}'))
                                     THEN JSON_UNQUOTE(JSON_EXTRACT(CONCAT(REGEXP_SUBSTR(
                                              LEFT(CONVERT(SUBSTRING(f.failure, 21) USING utf8mb4), 32000),
                                              shape.head), '}'),
                                            '$.message'))
                                   END,
                                   'The recorded failure cannot be read.') END)
             FROM {prefix}attempts AS f
             WHERE f.shard = e.shard AND f.namespace = e.namespace AND f.execution = e.id AND f.`key` = e.waits_for
               AND f.phase = 1 AND f.execution_attempt = e.attempt AND f.retry_at > clock.now_at
             ORDER BY f.attempt DESC
             LIMIT 1), ''))
       END AS detail,
       CASE WHEN e.state < 5 AND e.owner = 0 AND e.due_at < 253402300799000000
            THEN '1970-01-01' + INTERVAL e.due_at MICROSECOND END AS due_at,
       CONVERT(s.worker USING utf8mb4) AS worker, CONVERT(s.host USING utf8mb4) AS host,
       '1970-01-01' + INTERVAL s.last_beat_at MICROSECOND AS last_beat_at,
       '1970-01-01' + INTERVAL s.expires_at MICROSECOND AS lease_ends_at
FROM clock
CROSS JOIN shape
JOIN {prefix}executions AS e
LEFT JOIN {prefix}sessions AS s ON s.namespace = e.namespace AND s.id = e.owner
UNION ALL
SELECT CONVERT(o.namespace USING utf8mb4),
       LOWER(CONCAT_WS('-', HEX(LEFT(o.id, 4)), HEX(SUBSTRING(o.id, 5, 2)), HEX(SUBSTRING(o.id, 7, 2)),
                       HEX(SUBSTRING(o.id, 9, 2)), HEX(SUBSTRING(o.id, 11)))),
       CONVERT(o.workflow USING utf8mb4), CONVERT(o.`key` USING utf8mb4),
       ELT(o.state - 5, 'completed', 'failed', 'cancelled', 'timedOut'),
       'ended',
       (SELECT CASE WHEN SUBSTRING(j.output, 5, 1) <> x'00' THEN '[encoded, see hydra why]'
                    ELSE COALESCE(
                      CASE WHEN JSON_VALID(CONCAT(REGEXP_SUBSTR(
                               LEFT(CONVERT(SUBSTRING(j.output, 21) USING utf8mb4), 32000), shape.head), '}'))
                        THEN JSON_UNQUOTE(JSON_EXTRACT(CONCAT(REGEXP_SUBSTR(
                                 LEFT(CONVERT(SUBSTRING(j.output, 21) USING utf8mb4), 32000), shape.head), '}'),
                               '$.message'))
                      END,
                      'The recorded failure cannot be read.') END
        FROM {prefix}journal AS j
        WHERE j.shard = o.shard AND j.namespace = o.namespace AND j.execution = o.id AND j.seq = o.last_seq
          AND j.failed),
       NULL, NULL, NULL, NULL, NULL
FROM shape
CROSS JOIN {prefix}outcomes AS o;
