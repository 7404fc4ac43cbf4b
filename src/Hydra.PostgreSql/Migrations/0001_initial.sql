-- {schema} stands for the quoted name of the schema.
-- Shard and namespace are in every key, so that the same tables can be spread over servers; the shard is the last byte
-- of the id. No sequence, trigger or foreign key: they would cost every write and cannot be had on every such server.
-- The tables that every workflow writes have one CHECK each, of what no hand may ever break: each is compiled anew for
-- every statement. The limits of names, numbers and kinds are kept by the library.
-- Times and spans are microseconds. States, kinds and reasons are the numbers of the enums of the same names.
-- Payloads are envelopes: 20 bytes of header, then the data; NULL stands for no value.
-- Text compares by its bytes. Wide columns stand first, so that rows need no padding between them.

-- Who owns an execution, when it is due, how it stands. No payload, because an update copies the whole row. What
-- changes when an execution is settled stands together, what may be NULL behind what may not, and half of each page is
-- left for second versions: nearly every row is written twice, and of a version on the same page only what has changed
-- goes into the log.
CREATE TABLE {schema}.executions (
  id                   uuid     NOT NULL,
  created_at           bigint   NOT NULL,
  retry_backoff        bigint   NOT NULL,
  crash_seq            bigint   NOT NULL DEFAULT 0,     -- How far the journal reached at the last crash.
  mail                 bigint   NOT NULL DEFAULT 0,
  retry_epoch          bigint   NOT NULL DEFAULT 0,     -- Failed tries of steps up to here make nobody wait.
  last_retry           bigint   NOT NULL DEFAULT 0,     -- The number of the last retry that took effect.
  epoch                bigint   NOT NULL,
  due_at               bigint   NOT NULL,               -- The largest integer stands for never.
  attempt              integer  NOT NULL DEFAULT 1,
  max_attempts         integer  NOT NULL,
  requests             integer  NOT NULL DEFAULT 0,
  crashes              integer  NOT NULL DEFAULT 0,
  barren_crashes       integer  NOT NULL DEFAULT 0,
  sole_suspect_crashes integer  NOT NULL DEFAULT 0,
  shard                smallint NOT NULL,
  priority             smallint NOT NULL,
  blocked_reason       smallint NOT NULL DEFAULT 0,
  backing_off          boolean  NOT NULL DEFAULT false, -- Between two attempts.
  deadline_delivered   boolean  NOT NULL DEFAULT false, -- Its code knows that the deadline has passed.
  owner                bigint   NOT NULL,               -- A session, 0 for nobody.
  settled_epoch        bigint   NOT NULL DEFAULT 0,
  last_seq             bigint   NOT NULL DEFAULT 0,
  state                smallint NOT NULL,
  finished_at          bigint,
  started_at           bigint,
  deadline             bigint,
  namespace            text     COLLATE "C" NOT NULL,
  workflow             text     COLLATE "C" NOT NULL,
  input_hash           text     COLLATE "C" NOT NULL,
  waits_for            text     COLLATE "C" NOT NULL DEFAULT '', -- When suspended.
  key                  text     COLLATE "C",
  PRIMARY KEY (shard, namespace, id),
  CHECK (state BETWEEN 0 AND 9 AND (epoch | owner | last_seq) >= 0 -- None of them is negative.
         AND (owner > 0) = (state = 1) AND (finished_at IS NOT NULL) = (state >= 6)
         AND (blocked_reason > 0) = (state = 5))
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

CREATE UNIQUE INDEX executions_key ON {schema}.executions (shard, namespace, key) WHERE key IS NOT NULL;

-- What may be claimed, by workflow and level. Suspects stand apart, so that a claim which takes none does not scan
-- them.
CREATE INDEX executions_due
  ON {schema}.executions (namespace, workflow, (barren_crashes >= 2), priority, due_at, id)
  WHERE owner = 0 AND state < 4;

-- What each session owns.
CREATE INDEX executions_owned ON {schema}.executions (namespace, owner, id) WHERE owner > 0;

CREATE INDEX executions_deadline ON {schema}.executions (namespace, deadline)
  WHERE deadline IS NOT NULL AND NOT deadline_delivered AND state < 6;

-- What people look for and what is rare: blocked, failed, cancelled and timed out.
CREATE INDEX executions_troubled ON {schema}.executions (namespace, state, id) WHERE state >= 5 AND state <> 6;

-- Delivered outcomes, insert-only. The input is at seq 0; the terminal entry is the last. The id leads the keys of what
-- belongs to an execution: ids sort by time, so new rows go to the end, and comparing rarely gets as far as the text.
CREATE TABLE {schema}.journal (
  execution  uuid     NOT NULL,
  seq        bigint   NOT NULL,
  epoch      bigint   NOT NULL,
  at         bigint   NOT NULL,
  position   integer  NOT NULL,
  ordinal    integer  NOT NULL,
  attempt    integer  NOT NULL,
  shard      smallint NOT NULL,
  kind       smallint NOT NULL,
  started_at bigint,  -- NULL where it is the same as "at".
  origin_seq bigint,  -- NULL for 0.
  failed     boolean  NOT NULL,
  namespace  text     COLLATE "C" NOT NULL,
  key        text     COLLATE "C" NOT NULL,
  worker     text     COLLATE "C" NOT NULL,
  input      bytea,
  output     bytea,
  PRIMARY KEY (execution, seq, shard, namespace),
  CHECK ((seq | epoch) >= 0) -- Neither is negative.
) WITH (autovacuum_analyze_scale_factor = 0.02);

-- Started, failed and abandoned tries of steps, which have no seq.
CREATE TABLE {schema}.attempts (
  execution         uuid     NOT NULL,
  epoch             bigint   NOT NULL CHECK (epoch >= 0),
  started_at        bigint   NOT NULL,
  ended_at          bigint,
  retry_at          bigint,
  attempt           integer  NOT NULL CHECK (attempt >= 1),
  execution_attempt integer  NOT NULL,
  shard             smallint NOT NULL,
  phase             smallint NOT NULL CHECK (phase BETWEEN 0 AND 99),
  namespace         text     COLLATE "C" NOT NULL,
  key               text     COLLATE "C" NOT NULL CHECK (length(key) BETWEEN 1 AND 512),
  worker            text     COLLATE "C" NOT NULL CHECK (length(worker) <= 255),
  input             bytea,
  failure           bytea,
  output            bytea, -- Of a try that has landed.
  PRIMARY KEY (execution, key, attempt, epoch, phase, shard, namespace)
);

-- Live worker processes. A session that is not here is dead for ever. It is of no execution and so of no shard: small,
-- and the same everywhere.
CREATE TABLE {schema}.sessions (
  id                 bigint  NOT NULL CHECK (id > 0),
  heartbeat_interval bigint  NOT NULL CHECK (heartbeat_interval > 0),
  claim_timeout      bigint  NOT NULL CHECK (claim_timeout > 0),
  started_at         bigint  NOT NULL,
  last_beat_at       bigint  NOT NULL,
  on_time_since      bigint  NOT NULL,
  expires_at         bigint  NOT NULL,
  concurrency        integer NOT NULL,
  namespace          text    COLLATE "C" NOT NULL,
  worker             text    COLLATE "C" NOT NULL CHECK (length(worker) <= 255),
  build              text    COLLATE "C" NOT NULL,
  host               text    COLLATE "C" NOT NULL,
  workflows          text[]  COLLATE "C" NOT NULL,
  PRIMARY KEY (namespace, id)
) WITH (fillfactor = 50);

-- Crashes of the processes that owned an execution.
CREATE TABLE {schema}.crashes (
  execution uuid     NOT NULL,
  epoch     bigint   NOT NULL, -- The one that ended with the crash.
  session   bigint   NOT NULL,
  at        bigint   NOT NULL,
  shard     smallint NOT NULL,
  namespace text     COLLATE "C" NOT NULL,
  worker    text     COLLATE "C" NOT NULL,
  PRIMARY KEY (execution, epoch, shard, namespace)
);

-- Builds whose code does not match the journal of an execution.
CREATE TABLE {schema}.refusals (
  execution  uuid     NOT NULL,
  at         bigint   NOT NULL,
  shard      smallint NOT NULL,
  namespace  text     COLLATE "C" NOT NULL,
  build      text     COLLATE "C" NOT NULL,
  difference bytea,
  PRIMARY KEY (execution, build, shard, namespace)
);

-- For people with a SQL prompt; nothing in the library reads the views.
CREATE VIEW {schema}.executions_text AS
SELECT namespace, id AS execution, workflow, key,
       (ARRAY['pending', 'running', 'sleeping', 'waiting', 'paused', 'blocked', 'completed', 'failed', 'cancelled',
              'timedOut'])[state + 1] AS state,
       attempt, max_attempts, priority, epoch, lpad(to_hex(owner), 16, '0') AS owner, mail, requests, crashes,
       CASE WHEN state < 6 AND owner = 0 AND due_at < 253402300799000000 THEN to_timestamp(due_at / 1e6) END AS due_at,
       CASE WHEN deadline < 253402300799000000 THEN to_timestamp(deadline / 1e6) END AS deadline,
       to_timestamp(created_at / 1e6) AS created_at,
       to_timestamp(started_at / 1e6) AS started_at,
       to_timestamp(finished_at / 1e6) AS finished_at
FROM {schema}.executions;

CREATE VIEW {schema}.steps_text AS
SELECT namespace, execution, seq,
       coalesce((ARRAY['input', 'step', 'sleep', 'cancellation', 'timeout', 'foreign', 'attemptFailed',
                       'attemptStarted', 'terminal'])[kind + 1], kind::text) AS kind,
       key, failed, attempt, epoch, worker,
       to_timestamp(coalesce(started_at, at) / 1e6) AS started_at,
       to_timestamp(at / 1e6) AS at,
       -- Plain JSON only: content type 1 in the second byte, codec 0 in the fifth.
       CASE WHEN get_byte(input, 1) = 1 AND get_byte(input, 4) = 0
            THEN convert_from(substr(input, 21), 'UTF8') END AS input,
       CASE WHEN get_byte(output, 1) = 1 AND get_byte(output, 4) = 0
            THEN convert_from(substr(output, 21), 'UTF8') END AS output
FROM {schema}.journal;

-- One row for each execution: what it waits for, or what it does. The same reasons as in the API, by the database's
-- clock. Add WHERE state = 'pending' or whatever you look for: it asks several tables about every row. Failures are
-- plain JSON behind 20 bytes of header; PostgreSQL's JSON knows no \u0000, which becomes a space.
CREATE VIEW {schema}.why_not_running AS
WITH
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
           SELECT regexp_replace(convert_from(substr(j.output, 21), 'UTF8'), '(?<!\\)((?:\\\\)*)\\u0000', '\1 ',
                                 'g')::json ->> 'message'
           FROM {schema}.journal AS j
           WHERE j.shard = e.shard AND j.namespace = e.namespace AND j.execution = e.id AND j.seq = e.last_seq
             AND j.failed)
         WHEN e.state = 1 THEN (
           SELECT string_agg(
                    b.key || ' since ' || date_trunc('second', to_timestamp(b.started_at / 1e6))
                    || CASE WHEN get_byte(b.input, 1) = 1 AND get_byte(b.input, 4) = 0
                            THEN ' with ' || left(convert_from(substr(b.input, 21), 'UTF8'), 200) ELSE '' END,
                    ', ' ORDER BY b.key)
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
                  || (regexp_replace(convert_from(substr(r.difference, 21), 'UTF8'), '(?<!\\)((?:\\\\)*)\\u0000', '\1 ',
                                     'g')::json ->> 'message')
           FROM {schema}.refusals AS r
           WHERE r.shard = e.shard AND r.namespace = e.namespace AND r.execution = e.id
           ORDER BY r.at DESC
           LIMIT 1)
         WHEN e.state = 2 OR e.state = 3 THEN
           e.waits_for || coalesce((
             SELECT ': '
                    || (regexp_replace(convert_from(substr(f.failure, 21), 'UTF8'), '(?<!\\)((?:\\\\)*)\\u0000', '\1 ',
                                       'g')::json ->> 'message')
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
CROSS JOIN {schema}.executions AS e
LEFT JOIN {schema}.sessions AS s ON s.namespace = e.namespace AND s.id = e.owner;
