-- Where executions came from that no caller has simply started: a schedule, or another execution that was rerun or
-- forked. Insert-only; written together with the execution.
CREATE TABLE {schema}.origins (
  execution uuid     NOT NULL,
  source    uuid,              -- The other execution, which may be gone.
  seq       bigint   NOT NULL, -- Of the step's outcome in the source.
  at        bigint,            -- The instant of the schedule.
  edits     integer  NOT NULL,
  shard     smallint NOT NULL,
  kind      smallint NOT NULL CHECK (kind BETWEEN 1 AND 99),
  namespace text     COLLATE "C" NOT NULL,
  name      text     COLLATE "C" NOT NULL CHECK (length(name) <= 512), -- Of the schedule, or the key of the step.
  PRIMARY KEY (execution, shard, namespace)
);

CREATE INDEX origins_source ON {schema}.origins (source, namespace, execution) WHERE source IS NOT NULL;

-- For people with a SQL prompt; nothing in the library reads the views.
CREATE VIEW {schema}.origins_text AS
SELECT namespace, execution, coalesce((ARRAY['schedule', 'rerun', 'fork'])[kind], kind::text) AS kind, source, name,
       seq, to_timestamp(at / 1e6) AS at, edits & 1 <> 0 AS workflow_input_edited, edits & 2 <> 0 AS step_input_edited,
       edits & 4 <> 0 AS output_edited
FROM {schema}.origins;

CREATE OR REPLACE VIEW {schema}.steps_text AS
SELECT namespace, execution, seq,
       coalesce((ARRAY['input', 'step', 'sleep', 'cancellation', 'timeout', 'foreign', 'attemptFailed',
                       'attemptStarted', 'terminal', 'forked'])[kind + 1], kind::text) AS kind,
       key, failed, attempt, epoch, worker,
       to_timestamp(coalesce(started_at, at) / 1e6) AS started_at,
       to_timestamp(at / 1e6) AS at,
       -- Plain JSON only: content type 1 in the second byte, codec 0 in the fifth.
       CASE WHEN get_byte(input, 1) = 1 AND get_byte(input, 4) = 0
            THEN convert_from(substr(input, 21), 'UTF8') END AS input,
       CASE WHEN get_byte(output, 1) = 1 AND get_byte(output, 4) = 0
            THEN convert_from(substr(output, 21), 'UTF8') END AS output
FROM {schema}.journal;

-- Every try of every step: what did not become an outcome, and the outcomes, which have a seq.
CREATE VIEW {schema}.attempts_text AS
SELECT namespace, execution, key, attempt,
       CASE WHEN phase = 5 AND failure IS NOT NULL THEN 'barred'
            ELSE coalesce((ARRAY['started', 'failed', 'abandoned', 'begunOnce', 'notBegun', 'landed'])[phase + 1],
                          phase::text) END AS state,
       NULL::bigint AS seq, epoch, worker, to_timestamp(started_at / 1e6) AS started_at,
       to_timestamp(ended_at / 1e6) AS ended_at,
       CASE WHEN get_byte(input, 1) = 1 AND get_byte(input, 4) = 0
            THEN convert_from(substr(input, 21), 'UTF8') END AS input,
       CASE WHEN get_byte(output, 1) = 1 AND get_byte(output, 4) = 0
            THEN convert_from(substr(output, 21), 'UTF8') END AS output,
       CASE WHEN get_byte(failure, 1) = 1 AND get_byte(failure, 4) = 0
            THEN convert_from(substr(failure, 21), 'UTF8') END AS failure
FROM {schema}.attempts
UNION ALL
SELECT namespace, execution, key, attempt, CASE WHEN failed THEN 'failed' ELSE 'completed' END, seq, epoch, worker,
       to_timestamp(coalesce(started_at, at) / 1e6), to_timestamp(at / 1e6),
       CASE WHEN get_byte(input, 1) = 1 AND get_byte(input, 4) = 0
            THEN convert_from(substr(input, 21), 'UTF8') END,
       CASE WHEN NOT failed AND get_byte(output, 1) = 1 AND get_byte(output, 4) = 0
            THEN convert_from(substr(output, 21), 'UTF8') END,
       CASE WHEN failed AND get_byte(output, 1) = 1 AND get_byte(output, 4) = 0
            THEN convert_from(substr(output, 21), 'UTF8') END
FROM {schema}.journal
WHERE kind = 1;
