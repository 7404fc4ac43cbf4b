-- Where executions came from that no caller has simply started: a schedule, or another execution that was rerun or
-- forked. Insert-only; written together with the execution.
CREATE TABLE hydra_origins (
  execution INTEGER NOT NULL PRIMARY KEY,
  kind      INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 99),
  source    BLOB             CHECK (length(source) = 16), -- The id of the other execution, which may be gone.
  name      TEXT    NOT NULL CHECK (length(name) <= 512), -- Of the schedule, or the key of the step.
  seq       INTEGER NOT NULL,                             -- Of that step's outcome in the source.
  at        INTEGER,                                      -- The instant of the schedule.
  edits     INTEGER NOT NULL
) STRICT;

CREATE INDEX hydra_origins_source ON hydra_origins (source) WHERE source IS NOT NULL;

-- For people with a SQL prompt; nothing in the library reads the views.
CREATE VIEW hydra_origins_text AS
SELECT e.namespace,
       lower(substr(hex(e.id), 1, 8) || '-' || substr(hex(e.id), 9, 4) || '-' || substr(hex(e.id), 13, 4) || '-'
             || substr(hex(e.id), 17, 4) || '-' || substr(hex(e.id), 21)) AS execution,
       CASE o.kind WHEN 1 THEN 'schedule' WHEN 2 THEN 'rerun' WHEN 3 THEN 'fork' ELSE o.kind END AS kind,
       CASE WHEN o.source IS NOT NULL THEN
         lower(substr(hex(o.source), 1, 8) || '-' || substr(hex(o.source), 9, 4) || '-' || substr(hex(o.source), 13, 4)
               || '-' || substr(hex(o.source), 17, 4) || '-' || substr(hex(o.source), 21)) END AS source,
       o.name, o.seq,
       strftime('%Y-%m-%d %H:%M:%f', o.at / 1e6, 'unixepoch') AS at,
       o.edits & 1 AS workflow_input_edited, o.edits >> 1 & 1 AS step_input_edited, o.edits >> 2 & 1 AS output_edited
FROM hydra_origins AS o
JOIN hydra_executions AS e ON e.number = o.execution;

DROP VIEW hydra_steps_text;

CREATE VIEW hydra_steps_text AS
SELECT e.namespace,
       lower(substr(hex(e.id), 1, 8) || '-' || substr(hex(e.id), 9, 4) || '-' || substr(hex(e.id), 13, 4) || '-'
             || substr(hex(e.id), 17, 4) || '-' || substr(hex(e.id), 21)) AS execution,
       j.seq,
       CASE j.kind WHEN 0 THEN 'input' WHEN 1 THEN 'step' WHEN 2 THEN 'sleep' WHEN 3 THEN 'cancellation'
                   WHEN 4 THEN 'timeout' WHEN 5 THEN 'foreign' WHEN 6 THEN 'attemptFailed'
                   WHEN 7 THEN 'attemptStarted' WHEN 8 THEN 'terminal' WHEN 9 THEN 'forked' ELSE j.kind END AS kind,
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

-- Every try of every step: what did not become an outcome, and the outcomes, which have a seq.
CREATE VIEW hydra_attempts_text AS
SELECT e.namespace,
       lower(substr(hex(e.id), 1, 8) || '-' || substr(hex(e.id), 9, 4) || '-' || substr(hex(e.id), 13, 4) || '-'
             || substr(hex(e.id), 17, 4) || '-' || substr(hex(e.id), 21)) AS execution,
       t.key, t.attempt, t.state, t.seq, t.epoch, t.worker,
       strftime('%Y-%m-%d %H:%M:%f', t.started_at / 1e6, 'unixepoch') AS started_at,
       strftime('%Y-%m-%d %H:%M:%f', t.ended_at / 1e6, 'unixepoch') AS ended_at,
       CASE WHEN substr(t.input, 2, 1) = x'01' AND substr(t.input, 5, 1) = x'00'
            THEN CAST(substr(t.input, 21) AS TEXT) END AS input,
       CASE WHEN substr(t.output, 2, 1) = x'01' AND substr(t.output, 5, 1) = x'00'
            THEN CAST(substr(t.output, 21) AS TEXT) END AS output,
       CASE WHEN substr(t.failure, 2, 1) = x'01' AND substr(t.failure, 5, 1) = x'00'
            THEN CAST(substr(t.failure, 21) AS TEXT) END AS failure
FROM hydra_executions AS e
JOIN (
  SELECT a.execution, a.key, a.attempt, NULL AS seq, a.epoch, a.worker, a.started_at, a.ended_at, a.input, a.output,
         a.failure,
         CASE WHEN a.phase = 0 THEN 'started' WHEN a.phase = 1 THEN 'failed' WHEN a.phase = 2 THEN 'abandoned'
              WHEN a.phase = 3 THEN 'begunOnce' WHEN a.phase = 4 THEN 'notBegun'
              WHEN a.phase = 5 AND a.failure IS NULL THEN 'landed' WHEN a.phase = 5 THEN 'barred'
              ELSE a.phase END AS state
  FROM hydra_attempts AS a
  UNION ALL
  SELECT j.execution, j.key, j.attempt, j.seq, j.epoch, j.worker, j.started_at, j.at, j.input,
         CASE WHEN j.failed = 0 THEN j.output END, CASE WHEN j.failed = 1 THEN j.output END,
         CASE WHEN j.failed = 1 THEN 'failed' ELSE 'completed' END
  FROM hydra_journal AS j
  WHERE j.kind = 1) AS t ON t.execution = e.number;
