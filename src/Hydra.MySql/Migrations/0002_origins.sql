-- Where executions came from that no caller has simply started: a schedule, or another execution that was rerun or
-- forked. Insert-only; written together with the execution.
CREATE TABLE {prefix}origins (
  shard     TINYINT UNSIGNED NOT NULL,
  namespace VARBINARY(765)   NOT NULL,
  execution BINARY(16)       NOT NULL,
  kind      TINYINT          NOT NULL CHECK (kind BETWEEN 1 AND 99),
  source    BINARY(16),                -- The other execution, which may be gone.
  name      VARBINARY(1536)  NOT NULL, -- Of the schedule, or the key of the step.
  seq       BIGINT           NOT NULL, -- Of the step's outcome in the source.
  at        BIGINT,                    -- The instant of the schedule.
  edits     INT              NOT NULL,
  PRIMARY KEY (shard, namespace, execution),
  KEY source (source, namespace, execution)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- For people with a SQL prompt; nothing in the library reads the views.
CREATE OR REPLACE VIEW {prefix}origins_text AS
SELECT CONVERT(namespace USING utf8mb4) AS namespace,
       LOWER(CONCAT_WS('-', HEX(LEFT(execution, 4)), HEX(SUBSTRING(execution, 5, 2)), HEX(SUBSTRING(execution, 7, 2)),
                       HEX(SUBSTRING(execution, 9, 2)), HEX(SUBSTRING(execution, 11)))) AS execution,
       COALESCE(ELT(kind, 'schedule', 'rerun', 'fork'), kind) AS kind,
       IF(source IS NULL, NULL,
          LOWER(CONCAT_WS('-', HEX(LEFT(source, 4)), HEX(SUBSTRING(source, 5, 2)), HEX(SUBSTRING(source, 7, 2)),
                          HEX(SUBSTRING(source, 9, 2)), HEX(SUBSTRING(source, 11))))) AS source,
       CONVERT(name USING utf8mb4) AS name, seq, '1970-01-01' + INTERVAL at MICROSECOND AS at,
       edits & 1 AS workflow_input_edited, edits >> 1 & 1 AS step_input_edited, edits >> 2 & 1 AS output_edited
FROM {prefix}origins;

CREATE OR REPLACE VIEW {prefix}steps_text AS
SELECT CONVERT(namespace USING utf8mb4) AS namespace,
       LOWER(CONCAT_WS('-', HEX(LEFT(execution, 4)), HEX(SUBSTRING(execution, 5, 2)), HEX(SUBSTRING(execution, 7, 2)),
                       HEX(SUBSTRING(execution, 9, 2)), HEX(SUBSTRING(execution, 11)))) AS execution,
       seq,
       COALESCE(ELT(kind + 1, 'input', 'step', 'sleep', 'cancellation', 'timeout', 'foreign', 'attemptFailed',
                    'attemptStarted', 'terminal', 'forked'), kind) AS kind,
       CONVERT(`key` USING utf8mb4) AS `key`, failed, attempt, epoch, CONVERT(worker USING utf8mb4) AS worker,
       '1970-01-01' + INTERVAL started_at MICROSECOND AS started_at,
       '1970-01-01' + INTERVAL at MICROSECOND AS at,
       -- Plain JSON only: content type 1 in the second byte, codec 0 in the fifth.
       CASE WHEN SUBSTRING(input, 2, 1) = x'01' AND SUBSTRING(input, 5, 1) = x'00'
            THEN CONVERT(SUBSTRING(input, 21) USING utf8mb4) END AS input,
       CASE WHEN SUBSTRING(output, 2, 1) = x'01' AND SUBSTRING(output, 5, 1) = x'00'
            THEN CONVERT(SUBSTRING(output, 21) USING utf8mb4) END AS output
FROM {prefix}journal;

-- Every try of every step: what did not become an outcome, and the outcomes, which have a seq.
CREATE OR REPLACE VIEW {prefix}attempts_text AS
SELECT CONVERT(namespace USING utf8mb4) AS namespace,
       LOWER(CONCAT_WS('-', HEX(LEFT(execution, 4)), HEX(SUBSTRING(execution, 5, 2)), HEX(SUBSTRING(execution, 7, 2)),
                       HEX(SUBSTRING(execution, 9, 2)), HEX(SUBSTRING(execution, 11)))) AS execution,
       CONVERT(`key` USING utf8mb4) AS `key`, attempt,
       IF(phase = 5 AND failure IS NOT NULL, 'barred',
          COALESCE(ELT(phase + 1, 'started', 'failed', 'abandoned', 'begunOnce', 'notBegun', 'landed'), phase))
         AS state,
       NULL AS seq, epoch, CONVERT(worker USING utf8mb4) AS worker,
       '1970-01-01' + INTERVAL started_at MICROSECOND AS started_at,
       '1970-01-01' + INTERVAL ended_at MICROSECOND AS ended_at,
       CASE WHEN SUBSTRING(input, 2, 1) = x'01' AND SUBSTRING(input, 5, 1) = x'00'
            THEN CONVERT(SUBSTRING(input, 21) USING utf8mb4) END AS input,
       CASE WHEN SUBSTRING(output, 2, 1) = x'01' AND SUBSTRING(output, 5, 1) = x'00'
            THEN CONVERT(SUBSTRING(output, 21) USING utf8mb4) END AS output,
       CASE WHEN SUBSTRING(failure, 2, 1) = x'01' AND SUBSTRING(failure, 5, 1) = x'00'
            THEN CONVERT(SUBSTRING(failure, 21) USING utf8mb4) END AS failure
FROM {prefix}attempts
UNION ALL
SELECT CONVERT(namespace USING utf8mb4),
       LOWER(CONCAT_WS('-', HEX(LEFT(execution, 4)), HEX(SUBSTRING(execution, 5, 2)), HEX(SUBSTRING(execution, 7, 2)),
                       HEX(SUBSTRING(execution, 9, 2)), HEX(SUBSTRING(execution, 11)))),
       CONVERT(`key` USING utf8mb4), attempt, IF(failed, 'failed', 'completed'), seq, epoch,
       CONVERT(worker USING utf8mb4), '1970-01-01' + INTERVAL started_at MICROSECOND,
       '1970-01-01' + INTERVAL at MICROSECOND,
       CASE WHEN SUBSTRING(input, 2, 1) = x'01' AND SUBSTRING(input, 5, 1) = x'00'
            THEN CONVERT(SUBSTRING(input, 21) USING utf8mb4) END,
       CASE WHEN NOT failed AND SUBSTRING(output, 2, 1) = x'01' AND SUBSTRING(output, 5, 1) = x'00'
            THEN CONVERT(SUBSTRING(output, 21) USING utf8mb4) END,
       CASE WHEN failed AND SUBSTRING(output, 2, 1) = x'01' AND SUBSTRING(output, 5, 1) = x'00'
            THEN CONVERT(SUBSTRING(output, 21) USING utf8mb4) END
FROM {prefix}journal
WHERE kind = 1;
