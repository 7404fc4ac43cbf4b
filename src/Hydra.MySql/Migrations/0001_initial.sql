-- {prefix} stands for what the name of every table begins with. A statement ends where a line ends with a semicolon.
-- DDL is not transactional here: a script that was cut off is run again from its start, and what is there already is
-- passed over. So each statement does one thing.
-- Shard and namespace lead every key, so that the same tables can be spread over servers; the shard is the last byte of
-- the id. No sequence, trigger or foreign key: they would cost every write and cannot be had on every such server.
-- Times and spans are microseconds. States, kinds and reasons are the numbers of the enums of the same names.
-- Payloads are envelopes: 20 bytes of header, then the data; NULL stands for no value.
-- Text that is compared is kept as its bytes in UTF-8: every collation of both databases but one that the other lacks
-- takes some different texts for equal, if only for a space at the end.

-- Executions that have not ended: who owns one, when it is due, how it stands. No payload. What ends moves to the
-- outcomes, because no index here can be partial: so these indexes hold live executions only.
CREATE TABLE {prefix}executions (
  shard                TINYINT UNSIGNED NOT NULL,
  namespace            VARBINARY(765)   NOT NULL,
  id                   BINARY(16)       NOT NULL,
  epoch                BIGINT           NOT NULL CHECK (epoch >= 0),
  owner                BIGINT           NOT NULL CHECK (owner >= 0), -- A session, 0 for nobody.
  due_at               BIGINT           NOT NULL,                    -- The largest integer stands for never.
  deadline             BIGINT,
  created_at           BIGINT           NOT NULL,
  started_at           BIGINT,
  settled_epoch        BIGINT           NOT NULL DEFAULT 0,
  last_seq             BIGINT           NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
  crash_seq            BIGINT           NOT NULL DEFAULT 0,          -- How far the journal reached at the last crash.
  mail                 BIGINT           NOT NULL DEFAULT 0,
  retry_epoch          BIGINT           NOT NULL DEFAULT 0,          -- Failed tries up to here make nobody wait.
  last_retry           BIGINT           NOT NULL DEFAULT 0,          -- The number of the last retry with an effect.
  retry_backoff        BIGINT           NOT NULL CHECK (retry_backoff >= 0),
  attempt              INT              NOT NULL DEFAULT 1 CHECK (attempt >= 1),
  max_attempts         INT              NOT NULL CHECK (max_attempts >= 1),
  requests             INT              NOT NULL DEFAULT 0 CHECK (requests >= 0),
  crashes              INT              NOT NULL DEFAULT 0,
  barren_crashes       INT              NOT NULL DEFAULT 0,
  sole_suspect_crashes INT              NOT NULL DEFAULT 0,
  state                TINYINT          NOT NULL CHECK (state BETWEEN 0 AND 5),
  priority             TINYINT          NOT NULL CHECK (priority BETWEEN 0 AND 3),
  blocked_reason       TINYINT          NOT NULL DEFAULT 0 CHECK (blocked_reason BETWEEN 0 AND 9),
  backing_off          TINYINT          NOT NULL DEFAULT 0,          -- Between two attempts.
  deadline_delivered   TINYINT          NOT NULL DEFAULT 0,          -- Its code knows that the deadline has passed.
  workflow             VARBINARY(765)   NOT NULL CHECK (LENGTH(workflow) >= 1),
  `key`                VARBINARY(1536)  CHECK (LENGTH(`key`) >= 1),
  input_hash           VARBINARY(1536)  NOT NULL,
  waits_for            VARBINARY(1536)  NOT NULL DEFAULT '',         -- When suspended.
  holder               BIGINT           AS (IF(state < 4, owner, -state)) STORED, -- Paused and blocked stand apart.
  suspect              TINYINT          AS (barren_crashes >= 2) STORED,
  open_deadline        BIGINT           AS (IF(deadline_delivered, NULL, deadline)) STORED,
  PRIMARY KEY (shard, namespace, id),
  -- What may be claimed stands under holder 0, by workflow and level, and what a session owns under the session.
  -- Suspects stand apart, so that a claim which takes none does not scan them.
  KEY live (namespace, holder, workflow, suspect, priority, due_at, id),
  KEY open_deadline (namespace, open_deadline),
  KEY newest (namespace, id),
  CHECK ((owner > 0) = (state = 1)),
  CHECK ((blocked_reason > 0) = (state = 5))
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Executions that have ended. Insert-only.
CREATE TABLE {prefix}outcomes (
  shard                TINYINT UNSIGNED NOT NULL,
  namespace            VARBINARY(765)   NOT NULL,
  id                   BINARY(16)       NOT NULL,
  epoch                BIGINT           NOT NULL,
  due_at               BIGINT           NOT NULL,
  deadline             BIGINT,
  created_at           BIGINT           NOT NULL,
  started_at           BIGINT,
  finished_at          BIGINT           NOT NULL,
  settled_epoch        BIGINT           NOT NULL,
  last_seq             BIGINT           NOT NULL,
  crash_seq            BIGINT           NOT NULL,
  mail                 BIGINT           NOT NULL,
  retry_epoch          BIGINT           NOT NULL,
  last_retry           BIGINT           NOT NULL,
  retry_backoff        BIGINT           NOT NULL,
  attempt              INT              NOT NULL,
  max_attempts         INT              NOT NULL,
  crashes              INT              NOT NULL,
  barren_crashes       INT              NOT NULL,
  sole_suspect_crashes INT              NOT NULL,
  state                TINYINT          NOT NULL CHECK (state BETWEEN 6 AND 9),
  priority             TINYINT          NOT NULL,
  backing_off          TINYINT          NOT NULL,
  deadline_delivered   TINYINT          NOT NULL,
  workflow             VARBINARY(765)   NOT NULL,
  `key`                VARBINARY(1536),
  input_hash           VARBINARY(1536)  NOT NULL,
  waits_for            VARBINARY(1536)  NOT NULL,
  PRIMARY KEY (shard, namespace, id),
  KEY newest (namespace, state, id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Which execution has an idempotency key, whether it has ended or not. Insert-only.
CREATE TABLE {prefix}start_keys (
  shard     TINYINT UNSIGNED NOT NULL,
  namespace VARBINARY(765)   NOT NULL,
  `key`     VARBINARY(1536)  NOT NULL,
  execution BINARY(16)       NOT NULL,
  PRIMARY KEY (shard, namespace, `key`)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Delivered outcomes, insert-only. The input is at seq 0; the terminal entry is the last.
CREATE TABLE {prefix}journal (
  shard      TINYINT UNSIGNED NOT NULL,
  namespace  VARBINARY(765)   NOT NULL,
  execution  BINARY(16)       NOT NULL,
  seq        BIGINT           NOT NULL CHECK (seq >= 0),
  kind       TINYINT          NOT NULL CHECK (kind BETWEEN 0 AND 99),
  `key`      VARBINARY(1536)  NOT NULL,
  position   INT              NOT NULL,
  ordinal    INT              NOT NULL,
  failed     TINYINT          NOT NULL,
  input      LONGBLOB,
  output     LONGBLOB,
  at         BIGINT           NOT NULL,
  started_at BIGINT           NOT NULL,
  attempt    INT              NOT NULL,
  epoch      BIGINT           NOT NULL CHECK (epoch >= 0),
  origin_seq BIGINT           NOT NULL,
  worker     VARBINARY(765)   NOT NULL,
  PRIMARY KEY (shard, namespace, execution, seq)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Started, failed and abandoned tries of steps, which have no seq.
CREATE TABLE {prefix}attempts (
  shard             TINYINT UNSIGNED NOT NULL,
  namespace         VARBINARY(765)   NOT NULL,
  execution         BINARY(16)       NOT NULL,
  `key`             VARBINARY(1536)  NOT NULL CHECK (LENGTH(`key`) >= 1),
  attempt           INT              NOT NULL CHECK (attempt >= 1),
  epoch             BIGINT           NOT NULL CHECK (epoch >= 0),
  phase             TINYINT          NOT NULL CHECK (phase BETWEEN 0 AND 99),
  execution_attempt INT              NOT NULL,
  input             LONGBLOB,
  failure           LONGBLOB,
  output            LONGBLOB, -- Of a try that has landed.
  started_at        BIGINT           NOT NULL,
  ended_at          BIGINT,
  retry_at          BIGINT,
  worker            VARBINARY(765)   NOT NULL,
  PRIMARY KEY (shard, namespace, execution, `key`, attempt, epoch, phase)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Live worker processes. A session that is not here is dead for ever. It is of no execution and so of no shard: small,
-- and the same everywhere.
CREATE TABLE {prefix}sessions (
  namespace          VARBINARY(765) NOT NULL,
  id                 BIGINT         NOT NULL CHECK (id > 0),
  worker             VARBINARY(765) NOT NULL,
  build              VARBINARY(765) NOT NULL,
  host               VARBINARY(1536) NOT NULL,
  concurrency        INT            NOT NULL,
  heartbeat_interval BIGINT         NOT NULL CHECK (heartbeat_interval > 0),
  claim_timeout      BIGINT         NOT NULL CHECK (claim_timeout > 0),
  started_at         BIGINT         NOT NULL,
  last_beat_at       BIGINT         NOT NULL,
  on_time_since      BIGINT         NOT NULL,
  expires_at         BIGINT         NOT NULL,
  PRIMARY KEY (namespace, id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The workflows that a session knows, in its own order.
CREATE TABLE {prefix}session_workflows (
  namespace VARBINARY(765) NOT NULL,
  session   BIGINT         NOT NULL,
  workflow  VARBINARY(765) NOT NULL,
  place     INT            NOT NULL,
  PRIMARY KEY (namespace, session, workflow)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Crashes of the processes that owned an execution.
CREATE TABLE {prefix}crashes (
  shard     TINYINT UNSIGNED NOT NULL,
  namespace VARBINARY(765)   NOT NULL,
  execution BINARY(16)       NOT NULL,
  epoch     BIGINT           NOT NULL, -- The one that ended with the crash.
  session   BIGINT           NOT NULL,
  worker    VARBINARY(765)   NOT NULL,
  at        BIGINT           NOT NULL,
  PRIMARY KEY (shard, namespace, execution, epoch)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Builds whose code does not match the journal of an execution.
CREATE TABLE {prefix}refusals (
  shard      TINYINT UNSIGNED NOT NULL,
  namespace  VARBINARY(765)   NOT NULL,
  execution  BINARY(16)       NOT NULL,
  build      VARBINARY(765)   NOT NULL,
  difference LONGBLOB,
  at         BIGINT           NOT NULL,
  PRIMARY KEY (shard, namespace, execution, build)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- For people with a SQL prompt; nothing in the library reads the views.
CREATE OR REPLACE VIEW {prefix}executions_text AS
SELECT CONVERT(namespace USING utf8mb4) AS namespace,
       LOWER(CONCAT_WS('-', HEX(LEFT(id, 4)), HEX(SUBSTRING(id, 5, 2)), HEX(SUBSTRING(id, 7, 2)),
                       HEX(SUBSTRING(id, 9, 2)), HEX(SUBSTRING(id, 11)))) AS execution,
       CONVERT(workflow USING utf8mb4) AS workflow, CONVERT(`key` USING utf8mb4) AS `key`,
       ELT(state + 1, 'pending', 'running', 'sleeping', 'waiting', 'paused', 'blocked') AS state,
       attempt, max_attempts, priority, epoch, LOWER(LPAD(HEX(owner), 16, '0')) AS owner, mail, requests, crashes,
       CASE WHEN owner = 0 AND due_at < 253402300799000000
            THEN '1970-01-01' + INTERVAL due_at MICROSECOND END AS due_at,
       CASE WHEN deadline < 253402300799000000 THEN '1970-01-01' + INTERVAL deadline MICROSECOND END AS deadline,
       '1970-01-01' + INTERVAL created_at MICROSECOND AS created_at,
       '1970-01-01' + INTERVAL started_at MICROSECOND AS started_at,
       NULL AS finished_at
FROM {prefix}executions
UNION ALL
SELECT CONVERT(namespace USING utf8mb4),
       LOWER(CONCAT_WS('-', HEX(LEFT(id, 4)), HEX(SUBSTRING(id, 5, 2)), HEX(SUBSTRING(id, 7, 2)),
                       HEX(SUBSTRING(id, 9, 2)), HEX(SUBSTRING(id, 11)))),
       CONVERT(workflow USING utf8mb4), CONVERT(`key` USING utf8mb4),
       ELT(state - 5, 'completed', 'failed', 'cancelled', 'timedOut'),
       attempt, max_attempts, priority, epoch, '0000000000000000', mail, 0, crashes,
       NULL,
       CASE WHEN deadline < 253402300799000000 THEN '1970-01-01' + INTERVAL deadline MICROSECOND END,
       '1970-01-01' + INTERVAL created_at MICROSECOND,
       '1970-01-01' + INTERVAL started_at MICROSECOND,
       '1970-01-01' + INTERVAL finished_at MICROSECOND
FROM {prefix}outcomes;

CREATE OR REPLACE VIEW {prefix}steps_text AS
SELECT CONVERT(namespace USING utf8mb4) AS namespace,
       LOWER(CONCAT_WS('-', HEX(LEFT(execution, 4)), HEX(SUBSTRING(execution, 5, 2)), HEX(SUBSTRING(execution, 7, 2)),
                       HEX(SUBSTRING(execution, 9, 2)), HEX(SUBSTRING(execution, 11)))) AS execution,
       seq,
       COALESCE(ELT(kind + 1, 'input', 'step', 'sleep', 'cancellation', 'timeout', 'foreign', 'attemptFailed',
                    'attemptStarted', 'terminal'), kind) AS kind,
       CONVERT(`key` USING utf8mb4) AS `key`, failed, attempt, epoch, CONVERT(worker USING utf8mb4) AS worker,
       '1970-01-01' + INTERVAL started_at MICROSECOND AS started_at,
       '1970-01-01' + INTERVAL at MICROSECOND AS at,
       -- Plain JSON only: content type 1 in the second byte, codec 0 in the fifth.
       CASE WHEN SUBSTRING(input, 2, 1) = x'01' AND SUBSTRING(input, 5, 1) = x'00'
            THEN CONVERT(SUBSTRING(input, 21) USING utf8mb4) END AS input,
       CASE WHEN SUBSTRING(output, 2, 1) = x'01' AND SUBSTRING(output, 5, 1) = x'00'
            THEN CONVERT(SUBSTRING(output, 21) USING utf8mb4) END AS output
FROM {prefix}journal;

-- One row for each execution: what it waits for, or what it does. The same reasons as in the API, by the database's
-- clock. Add WHERE state = 'pending' or whatever you look for: it asks several tables about every row. Failures are
-- plain JSON behind 20 bytes of header.
CREATE OR REPLACE VIEW {prefix}why_not_running AS
WITH
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
           SELECT JSON_UNQUOTE(JSON_EXTRACT(CONVERT(SUBSTRING(j.output, 21) USING utf8mb4), '$.message'))
           FROM {prefix}journal AS j
           WHERE j.shard = e.shard AND j.namespace = e.namespace AND j.execution = e.id AND j.seq = e.last_seq
             AND j.failed)
         WHEN e.state = 1 THEN (
           SELECT GROUP_CONCAT(
                    CONVERT(b.`key` USING utf8mb4), ' since ',
                    DATE_FORMAT('1970-01-01' + INTERVAL b.started_at MICROSECOND, '%Y-%m-%d %H:%i:%s'),
                    CASE WHEN SUBSTRING(b.input, 2, 1) = x'01' AND SUBSTRING(b.input, 5, 1) = x'00'
                         THEN CONCAT(' with ', LEFT(CONVERT(SUBSTRING(b.input, 21) USING utf8mb4), 200)) ELSE '' END
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
                    JSON_UNQUOTE(JSON_EXTRACT(CONVERT(SUBSTRING(r.difference, 21) USING utf8mb4), '$.message')))
           FROM {prefix}refusals AS r
           WHERE r.shard = e.shard AND r.namespace = e.namespace AND r.execution = e.id
           ORDER BY r.at DESC
           LIMIT 1)
         WHEN e.state = 2 OR e.state = 3 THEN CONCAT(
           CONVERT(e.waits_for USING utf8mb4), COALESCE((
             SELECT CONCAT(
                      ': ', JSON_UNQUOTE(JSON_EXTRACT(CONVERT(SUBSTRING(f.failure, 21) USING utf8mb4), '$.message')))
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
JOIN {prefix}executions AS e
LEFT JOIN {prefix}sessions AS s ON s.namespace = e.namespace AND s.id = e.owner
UNION ALL
SELECT CONVERT(o.namespace USING utf8mb4),
       LOWER(CONCAT_WS('-', HEX(LEFT(o.id, 4)), HEX(SUBSTRING(o.id, 5, 2)), HEX(SUBSTRING(o.id, 7, 2)),
                       HEX(SUBSTRING(o.id, 9, 2)), HEX(SUBSTRING(o.id, 11)))),
       CONVERT(o.workflow USING utf8mb4), CONVERT(o.`key` USING utf8mb4),
       ELT(o.state - 5, 'completed', 'failed', 'cancelled', 'timedOut'),
       'ended',
       (SELECT JSON_UNQUOTE(JSON_EXTRACT(CONVERT(SUBSTRING(j.output, 21) USING utf8mb4), '$.message'))
        FROM {prefix}journal AS j
        WHERE j.shard = o.shard AND j.namespace = o.namespace AND j.execution = o.id AND j.seq = o.last_seq
          AND j.failed),
       NULL, NULL, NULL, NULL, NULL
FROM {prefix}outcomes AS o;
