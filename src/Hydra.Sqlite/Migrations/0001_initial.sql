-- The namespace leads every key. The shard does not, since it is the last byte of the id and one file has no shards to
-- spread: ids that lead with their time keep new rows together, where 256 shards would touch as many pages.
-- Within this file an execution also has a number, the next one free when it was started. What belongs to it refers to
-- the number, so that keys are short and tables grow at their end.
-- Times and spans are microseconds. States, kinds and reasons are the numbers of the enums of the same names.
-- Payloads are envelopes: 20 bytes of header, then the data; NULL stands for no value.
-- SQLite can change a check only by copying the table, so those on numbers that may grow leave room.

-- Who owns an execution, when it is due, how it stands. No payload, because an update copies the whole row.
CREATE TABLE hydra_executions (
  number               INTEGER PRIMARY KEY,
  namespace            TEXT    NOT NULL,
  id                   BLOB    NOT NULL CHECK (length(id) = 16),
  workflow             TEXT    NOT NULL CHECK (length(workflow) BETWEEN 1 AND 255),
  key                  TEXT             CHECK (length(key) BETWEEN 1 AND 512),
  input_hash           TEXT    NOT NULL,
  priority             INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 3),
  max_attempts         INTEGER NOT NULL CHECK (max_attempts >= 1),
  retry_backoff        INTEGER NOT NULL CHECK (retry_backoff >= 0),
  created_at           INTEGER NOT NULL,
  state                INTEGER NOT NULL CHECK (state BETWEEN 0 AND 9),
  epoch                INTEGER NOT NULL CHECK (epoch >= 0),
  owner                INTEGER NOT NULL CHECK (owner >= 0), -- A session, 0 for nobody.
  due_at               INTEGER NOT NULL,                    -- The largest integer stands for never.
  deadline             INTEGER,
  started_at           INTEGER,
  finished_at          INTEGER,
  settled_epoch        INTEGER NOT NULL DEFAULT 0,
  attempt              INTEGER NOT NULL DEFAULT 1 CHECK (attempt >= 1),
  last_seq             INTEGER NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
  mail                 INTEGER NOT NULL DEFAULT 0,
  requests             INTEGER NOT NULL DEFAULT 0 CHECK (requests >= 0),
  backing_off          INTEGER NOT NULL DEFAULT 0 CHECK (backing_off IN (0, 1)),      -- Between two attempts.
  deadline_delivered   INTEGER NOT NULL DEFAULT 0 CHECK (deadline_delivered IN (0, 1)), -- Its code knows already.
  crashes              INTEGER NOT NULL DEFAULT 0,
  barren_crashes       INTEGER NOT NULL DEFAULT 0,
  sole_suspect_crashes INTEGER NOT NULL DEFAULT 0,
  crash_seq            INTEGER NOT NULL DEFAULT 0,          -- How far the journal reached at the last crash.
  blocked_reason       INTEGER NOT NULL DEFAULT 0 CHECK (blocked_reason BETWEEN 0 AND 9),
  waits_for            TEXT    NOT NULL DEFAULT '' CHECK (length(waits_for) <= 512), -- When it was last suspended.
  retry_epoch          INTEGER NOT NULL DEFAULT 0,          -- Failed tries of steps up to here make nobody wait.
  last_retry           INTEGER NOT NULL DEFAULT 0,          -- The number of the last retry that took effect.
  UNIQUE (namespace, id),
  CHECK ((owner > 0) = (state = 1)),
  CHECK ((finished_at IS NOT NULL) = (state >= 6)),
  CHECK ((blocked_reason > 0) = (state = 5))
) STRICT;

CREATE UNIQUE INDEX hydra_executions_key ON hydra_executions (namespace, key) WHERE key IS NOT NULL;

-- A live execution stands in one of the next two: what may be claimed, by workflow and level, or what a session owns.
-- Suspects stand apart, so that a claim which takes none does not scan them. Blocked ones stand in neither.
CREATE INDEX hydra_executions_due ON hydra_executions (namespace, workflow, (barren_crashes >= 2), priority, due_at)
  WHERE owner = 0 AND state < 4;

CREATE INDEX hydra_executions_owned ON hydra_executions (namespace, owner) WHERE owner > 0;

CREATE INDEX hydra_executions_deadline ON hydra_executions (namespace, deadline)
  WHERE deadline IS NOT NULL AND deadline_delivered = 0 AND state < 6;

-- What people look for and what is rare: blocked, failed, cancelled and timed out.
CREATE INDEX hydra_executions_troubled ON hydra_executions (namespace, state, id) WHERE state >= 5 AND state <> 6;

-- Delivered outcomes, insert-only. The input is at seq 0; the terminal entry is the last.
CREATE TABLE hydra_journal (
  execution  INTEGER NOT NULL,
  seq        INTEGER NOT NULL CHECK (seq >= 0),
  kind       INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 99),
  key        TEXT    NOT NULL CHECK (length(key) <= 512),
  position   INTEGER NOT NULL,
  ordinal    INTEGER NOT NULL,
  failed     INTEGER NOT NULL CHECK (failed IN (0, 1)),
  input      BLOB,
  output     BLOB,
  at         INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  attempt    INTEGER NOT NULL,
  epoch      INTEGER NOT NULL CHECK (epoch >= 0),
  origin_seq INTEGER NOT NULL,
  worker     TEXT    NOT NULL,
  UNIQUE (execution, seq)
) STRICT;

-- Started, failed and abandoned tries of steps, which have no seq.
CREATE TABLE hydra_attempts (
  execution         INTEGER NOT NULL,
  key               TEXT    NOT NULL CHECK (length(key) BETWEEN 1 AND 512),
  attempt           INTEGER NOT NULL CHECK (attempt >= 1),
  epoch             INTEGER NOT NULL CHECK (epoch >= 0),
  phase             INTEGER NOT NULL CHECK (phase BETWEEN 0 AND 99),
  execution_attempt INTEGER NOT NULL,
  input             BLOB,
  failure           BLOB,
  output            BLOB, -- Of a try that has landed.
  started_at        INTEGER NOT NULL,
  ended_at          INTEGER,
  retry_at          INTEGER,
  worker            TEXT    NOT NULL CHECK (length(worker) <= 255),
  PRIMARY KEY (execution, key, attempt, epoch, phase)
) STRICT, WITHOUT ROWID;

-- Live worker processes. A session that is not here is dead for ever.
CREATE TABLE hydra_sessions (
  namespace          TEXT    NOT NULL,
  id                 INTEGER NOT NULL CHECK (id > 0),
  worker             TEXT    NOT NULL CHECK (length(worker) <= 255),
  build              TEXT    NOT NULL,
  host               TEXT    NOT NULL,
  workflows          TEXT    NOT NULL CHECK (json_valid(workflows)),
  concurrency        INTEGER NOT NULL,
  heartbeat_interval INTEGER NOT NULL CHECK (heartbeat_interval > 0),
  claim_timeout      INTEGER NOT NULL CHECK (claim_timeout > 0),
  started_at         INTEGER NOT NULL,
  last_beat_at       INTEGER NOT NULL,
  on_time_since      INTEGER NOT NULL,
  expires_at         INTEGER NOT NULL,
  PRIMARY KEY (namespace, id)
) STRICT, WITHOUT ROWID;

-- Crashes of the processes that owned an execution.
CREATE TABLE hydra_crashes (
  execution INTEGER NOT NULL,
  epoch     INTEGER NOT NULL, -- The one that ended with the crash.
  session   INTEGER NOT NULL,
  worker    TEXT    NOT NULL,
  at        INTEGER NOT NULL,
  PRIMARY KEY (execution, epoch)
) STRICT, WITHOUT ROWID;

-- Builds whose code does not match the journal of an execution.
CREATE TABLE hydra_refusals (
  execution  INTEGER NOT NULL,
  build      TEXT    NOT NULL,
  difference BLOB,
  at         INTEGER NOT NULL,
  PRIMARY KEY (execution, build)
) STRICT, WITHOUT ROWID;

-- For people with a SQL prompt; nothing in the library reads the views.
CREATE VIEW hydra_executions_text AS
SELECT namespace,
       lower(substr(hex(id), 1, 8) || '-' || substr(hex(id), 9, 4) || '-' || substr(hex(id), 13, 4) || '-'
             || substr(hex(id), 17, 4) || '-' || substr(hex(id), 21)) AS execution,
       workflow, key,
       CASE state WHEN 0 THEN 'pending' WHEN 1 THEN 'running' WHEN 2 THEN 'sleeping' WHEN 3 THEN 'waiting'
                  WHEN 4 THEN 'paused' WHEN 5 THEN 'blocked' WHEN 6 THEN 'completed' WHEN 7 THEN 'failed'
                  WHEN 8 THEN 'cancelled' ELSE 'timedOut' END AS state,
       attempt, max_attempts, priority, epoch, printf('%016x', owner) AS owner, mail, requests, crashes,
       CASE WHEN state >= 6 OR owner > 0 OR due_at > 253402300799000000 THEN NULL
            ELSE strftime('%Y-%m-%d %H:%M:%f', due_at / 1e6, 'unixepoch') END AS due_at,
       strftime('%Y-%m-%d %H:%M:%f', deadline / 1e6, 'unixepoch') AS deadline,
       strftime('%Y-%m-%d %H:%M:%f', created_at / 1e6, 'unixepoch') AS created_at,
       strftime('%Y-%m-%d %H:%M:%f', started_at / 1e6, 'unixepoch') AS started_at,
       strftime('%Y-%m-%d %H:%M:%f', finished_at / 1e6, 'unixepoch') AS finished_at
FROM hydra_executions;

CREATE VIEW hydra_steps_text AS
SELECT e.namespace,
       lower(substr(hex(e.id), 1, 8) || '-' || substr(hex(e.id), 9, 4) || '-' || substr(hex(e.id), 13, 4) || '-'
             || substr(hex(e.id), 17, 4) || '-' || substr(hex(e.id), 21)) AS execution,
       j.seq,
       CASE j.kind WHEN 0 THEN 'input' WHEN 1 THEN 'step' WHEN 2 THEN 'sleep' WHEN 3 THEN 'cancellation'
                   WHEN 4 THEN 'timeout' WHEN 5 THEN 'foreign' WHEN 6 THEN 'attemptFailed'
                   WHEN 7 THEN 'attemptStarted' WHEN 8 THEN 'terminal' ELSE j.kind END AS kind,
       j.key, j.failed, j.attempt, j.epoch, j.worker,
       strftime('%Y-%m-%d %H:%M:%f', j.started_at / 1e6, 'unixepoch') AS started_at,
       strftime('%Y-%m-%d %H:%M:%f', j.at / 1e6, 'unixepoch') AS at,
       -- Plain JSON only: content type 1 in the second byte, codec 0 in the fifth.
       CASE WHEN substr(j.input, 2, 1) = x'01' AND substr(j.input, 5, 1) = x'00'
            THEN CAST(substr(j.input, 21) AS TEXT) END AS input,
       CASE WHEN substr(j.output, 2, 1) = x'01' AND substr(j.output, 5, 1) = x'00'
            THEN CAST(substr(j.output, 21) AS TEXT) END AS output
FROM hydra_executions AS e
JOIN hydra_journal AS j ON j.execution = e.number;

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
       -- Failures are plain JSON behind 20 bytes of header.
       CASE
         WHEN e.state >= 6 OR e.backing_off = 1 THEN (
           SELECT json_extract(CAST(substr(j.output, 21) AS TEXT), '$.message')
           FROM hydra_journal AS j
           WHERE j.execution = e.number AND j.seq = e.last_seq AND j.failed = 1)
         WHEN e.state = 1 THEN (
           SELECT group_concat(
                    b.key || ' since ' || strftime('%Y-%m-%d %H:%M:%S', b.started_at / 1e6, 'unixepoch')
                    || CASE WHEN substr(b.input, 2, 1) = x'01' AND substr(b.input, 5, 1) = x'00'
                            THEN ' with ' || substr(CAST(substr(b.input, 21) AS TEXT), 1, 200) ELSE '' END, ', ')
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
           SELECT r.build || ': ' || json_extract(CAST(substr(r.difference, 21) AS TEXT), '$.message')
           FROM hydra_refusals AS r
           WHERE r.execution = e.number
           ORDER BY r.at DESC
           LIMIT 1)
         WHEN e.state = 2 OR e.state = 3 THEN
           e.waits_for || coalesce((
             SELECT ': ' || json_extract(CAST(substr(f.failure, 21) AS TEXT), '$.message')
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
