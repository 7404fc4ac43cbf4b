-- When each schedule starts executions next, and which change has said so. What it is and how far it has come are
-- payloads of the library's, which no statement looks into. Like a session it is of no execution and so of no shard:
-- small, and the same everywhere.
CREATE TABLE {prefix}schedules (
  namespace  VARBINARY(765) NOT NULL,
  name       VARBINARY(765) NOT NULL CHECK (LENGTH(name) >= 1),
  workflow   VARBINARY(765) NOT NULL CHECK (LENGTH(workflow) >= 1),
  change_id  BIGINT         NOT NULL CHECK (change_id > 0),
  due_at     BIGINT         NOT NULL, -- The largest integer stands for never.
  paused     TINYINT        NOT NULL,
  definition LONGBLOB,
  progress   LONGBLOB,
  input      LONGBLOB,
  created_at BIGINT         NOT NULL,
  changed_at BIGINT         NOT NULL,
  PRIMARY KEY (namespace, name),
  KEY due (namespace, due_at, name),
  CHECK (paused = 0 OR due_at = 9223372036854775807)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- For people with a SQL prompt; nothing in the library reads it.
CREATE OR REPLACE VIEW {prefix}schedules_text AS
SELECT CONVERT(namespace USING utf8mb4) AS namespace, CONVERT(name USING utf8mb4) AS name,
       CONVERT(workflow USING utf8mb4) AS workflow, paused,
       CASE WHEN due_at < 253402300799000000 THEN '1970-01-01' + INTERVAL due_at MICROSECOND END AS due_at,
       -- Plain JSON only: content type 1 in the second byte, codec 0 in the fifth.
       CASE WHEN SUBSTRING(definition, 2, 1) = x'01' AND SUBSTRING(definition, 5, 1) = x'00'
            THEN CONVERT(SUBSTRING(definition, 21) USING utf8mb4) END AS definition,
       CASE WHEN SUBSTRING(progress, 2, 1) = x'01' AND SUBSTRING(progress, 5, 1) = x'00'
            THEN CONVERT(SUBSTRING(progress, 21) USING utf8mb4) END AS progress,
       CASE WHEN SUBSTRING(input, 2, 1) = x'01' AND SUBSTRING(input, 5, 1) = x'00'
            THEN CONVERT(SUBSTRING(input, 21) USING utf8mb4) END AS input,
       '1970-01-01' + INTERVAL created_at MICROSECOND AS created_at,
       '1970-01-01' + INTERVAL changed_at MICROSECOND AS changed_at
FROM {prefix}schedules;
