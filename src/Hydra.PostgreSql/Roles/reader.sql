-- The role of people and dashboards that look and change nothing, and see no inputs and outputs: `hydra list`,
-- `workers` and `stats` work as it, `show`, `why` and `result` do not. Messages of failures it sees, in
-- why_not_running.
-- To let it see inputs and outputs too: GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO "{name}_reader";
-- Run this once the tables are there, and again after an upgrade of them: as a superuser, or, when the role is there,
-- as {name}_migrator. Give the role a password, or another way to log in.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = E'{text}_reader') THEN
    EXECUTE format('CREATE ROLE %I LOGIN', E'{text}_reader');
  END IF;
END $$;

GRANT USAGE ON SCHEMA {schema} TO "{name}_reader";
GRANT SELECT ON
  {schema}.schema_versions, {schema}.executions, {schema}.sessions, {schema}.crashes, {schema}.origins,
  {schema}.executions_text, {schema}.origins_text, {schema}.why_not_running TO "{name}_reader";
GRANT SELECT (
  execution, seq, epoch, at, started_at, origin_seq, position, ordinal, attempt, shard, kind, failed, namespace, key,
  worker) ON {schema}.journal TO "{name}_reader";
GRANT SELECT (
  execution, epoch, started_at, ended_at, retry_at, attempt, execution_attempt, shard, phase, namespace, key, worker)
  ON {schema}.attempts TO "{name}_reader";
GRANT SELECT (execution, at, shard, namespace, build) ON {schema}.refusals TO "{name}_reader";
GRANT SELECT (
  change_id, due_at, created_at, changed_at, paused, namespace, name, workflow, definition, progress)
  ON {schema}.schedules TO "{name}_reader";
GRANT SELECT (namespace, name, workflow, paused, due_at, definition, progress, created_at, changed_at)
  ON {schema}.schedules_text TO "{name}_reader";
GRANT SELECT (namespace, execution, seq, kind, key, failed, attempt, epoch, worker, started_at, at)
  ON {schema}.steps_text TO "{name}_reader";
GRANT SELECT (namespace, execution, key, attempt, state, seq, epoch, worker, started_at, ended_at)
  ON {schema}.attempts_text TO "{name}_reader";
