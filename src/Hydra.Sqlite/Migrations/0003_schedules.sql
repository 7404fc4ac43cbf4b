-- When each schedule starts executions next, and which change has said so. What it is and how far it has come are
-- payloads of the library's, which no statement looks into. Without the number of an execution: it has none.
CREATE TABLE hydra_schedules (
  namespace  TEXT    NOT NULL,
  name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  workflow   TEXT    NOT NULL CHECK (length(workflow) BETWEEN 1 AND 255),
  change_id  INTEGER NOT NULL CHECK (change_id > 0),
  due_at     INTEGER NOT NULL, -- The largest integer stands for never.
  paused     INTEGER NOT NULL CHECK (paused IN (0, 1)),
  definition BLOB,
  progress   BLOB,
  input      BLOB,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (namespace, name),
  CHECK (paused = 0 OR due_at = 9223372036854775807)
) STRICT;

CREATE INDEX hydra_schedules_due ON hydra_schedules (namespace, due_at, name) WHERE due_at < 9223372036854775807;

-- For people with a SQL prompt; nothing in the library reads it.
CREATE VIEW hydra_schedules_text AS
SELECT namespace, name, workflow, paused,
       CASE WHEN due_at < 253402300799000000
            THEN strftime('%Y-%m-%d %H:%M:%f', due_at / 1e6, 'unixepoch') END AS due_at,
       -- Plain JSON only: content type 1 in the second byte, codec 0 in the fifth.
       CASE WHEN substr(definition, 2, 1) = x'01' AND substr(definition, 5, 1) = x'00'
            THEN CAST(substr(definition, 21) AS TEXT) END AS definition,
       CASE WHEN substr(progress, 2, 1) = x'01' AND substr(progress, 5, 1) = x'00'
            THEN CAST(substr(progress, 21) AS TEXT) END AS progress,
       CASE WHEN substr(input, 2, 1) = x'01' AND substr(input, 5, 1) = x'00'
            THEN CAST(substr(input, 21) AS TEXT) END AS input,
       strftime('%Y-%m-%d %H:%M:%f', created_at / 1e6, 'unixepoch') AS created_at,
       strftime('%Y-%m-%d %H:%M:%f', changed_at / 1e6, 'unixepoch') AS changed_at
FROM hydra_schedules;
