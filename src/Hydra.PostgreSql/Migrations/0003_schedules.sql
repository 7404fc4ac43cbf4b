-- When each schedule starts executions next, and which change has said so. What it is and how far it has come are
-- payloads of the library's, which no statement looks into. Like a session it is of no execution and so of no shard:
-- small, and the same everywhere.
CREATE TABLE {schema}.schedules (
  change_id  bigint  NOT NULL CHECK (change_id > 0),
  due_at     bigint  NOT NULL, -- The largest integer stands for never.
  created_at bigint  NOT NULL,
  changed_at bigint  NOT NULL,
  paused     boolean NOT NULL,
  namespace  text    COLLATE "C" NOT NULL,
  name       text    COLLATE "C" NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  workflow   text    COLLATE "C" NOT NULL CHECK (length(workflow) BETWEEN 1 AND 255),
  definition bytea,
  progress   bytea,
  input      bytea,
  PRIMARY KEY (namespace, name),
  CHECK (NOT paused OR due_at = 9223372036854775807)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

CREATE INDEX schedules_due ON {schema}.schedules (namespace, due_at, name) WHERE due_at < 9223372036854775807;

-- For people with a SQL prompt; nothing in the library reads it.
CREATE VIEW {schema}.schedules_text AS
SELECT namespace, name, workflow, paused,
       CASE WHEN due_at < 253402300799000000 THEN to_timestamp(due_at / 1e6) END AS due_at,
       -- Plain JSON only: content type 1 in the second byte, codec 0 in the fifth.
       CASE WHEN get_byte(definition, 1) = 1 AND get_byte(definition, 4) = 0
            THEN convert_from(substr(definition, 21), 'UTF8') END AS definition,
       CASE WHEN get_byte(progress, 1) = 1 AND get_byte(progress, 4) = 0
            THEN convert_from(substr(progress, 21), 'UTF8') END AS progress,
       CASE WHEN get_byte(input, 1) = 1 AND get_byte(input, 4) = 0
            THEN convert_from(substr(input, 21), 'UTF8') END AS input,
       to_timestamp(created_at / 1e6) AS created_at,
       to_timestamp(changed_at / 1e6) AS changed_at
FROM {schema}.schedules;
