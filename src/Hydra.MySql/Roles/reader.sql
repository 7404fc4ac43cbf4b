-- The user of people and dashboards that look and change nothing, and see no inputs and outputs: `hydra list`,
-- `workers` and `stats` work as it, `show` and `result` do not. Messages of failures it sees, in
-- {prefix}why_not_running.
-- To let it see inputs and outputs too: GRANT SELECT ON * TO '{name}_reader'@'%';
-- Run this in the database of the tables once they are there, and again after an upgrade of them:
-- mysql orders < reader.sql. The user is locked until you have said how it logs in:
-- ALTER USER '{name}_reader'@'%' IDENTIFIED BY '...' ACCOUNT UNLOCK.
CREATE USER IF NOT EXISTS '{name}_reader'@'%' ACCOUNT LOCK;
GRANT SELECT ON {prefix}schema_versions TO '{name}_reader'@'%';
GRANT SELECT ON {prefix}executions TO '{name}_reader'@'%';
GRANT SELECT ON {prefix}outcomes TO '{name}_reader'@'%';
GRANT SELECT ON {prefix}start_keys TO '{name}_reader'@'%';
GRANT SELECT ON {prefix}sessions TO '{name}_reader'@'%';
GRANT SELECT ON {prefix}session_workflows TO '{name}_reader'@'%';
GRANT SELECT ON {prefix}crashes TO '{name}_reader'@'%';
GRANT SELECT ON {prefix}origins TO '{name}_reader'@'%';
GRANT SELECT ON {prefix}executions_text TO '{name}_reader'@'%';
GRANT SELECT ON {prefix}origins_text TO '{name}_reader'@'%';
GRANT SELECT ON {prefix}why_not_running TO '{name}_reader'@'%';
GRANT SELECT (
  shard, namespace, execution, seq, kind, `key`, position, ordinal, failed, at, started_at, attempt, epoch, origin_seq,
  worker) ON {prefix}journal TO '{name}_reader'@'%';
GRANT SELECT (
  shard, namespace, execution, `key`, attempt, epoch, phase, execution_attempt, started_at, ended_at, retry_at, worker)
  ON {prefix}attempts TO '{name}_reader'@'%';
GRANT SELECT (shard, namespace, execution, build, at) ON {prefix}refusals TO '{name}_reader'@'%';
GRANT SELECT (namespace, execution, seq, kind, `key`, failed, attempt, epoch, worker, started_at, at)
  ON {prefix}steps_text TO '{name}_reader'@'%';
GRANT SELECT (namespace, execution, `key`, attempt, state, seq, epoch, worker, started_at, ended_at)
  ON {prefix}attempts_text TO '{name}_reader'@'%';
GRANT SELECT (
  namespace, name, workflow, change_id, due_at, paused, definition, progress, created_at, changed_at)
  ON {prefix}schedules TO '{name}_reader'@'%';
GRANT SELECT (namespace, name, workflow, paused, due_at, definition, progress, created_at, changed_at)
  ON {prefix}schedules_text TO '{name}_reader'@'%';
