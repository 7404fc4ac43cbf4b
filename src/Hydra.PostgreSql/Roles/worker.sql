-- The role of programs that start and run workflows, with what they need and no more: it creates and changes no table,
-- and deletes no execution; journals and tries it can only add to, and of an execution it can change how it stands, but
-- not what it is. How it stands includes that it has ended: a retry makes it pending again, so the role may turn one
-- that has failed or completed into any state. Such programs open with MigrateOnOpen = false.
-- Run this once the tables are there, and again after an upgrade of them, before the programs: as a superuser, or, when
-- the role is there, as {name}_migrator. Give the role a password, or another way to log in.
BEGIN;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = E'{text}_worker') THEN
    EXECUTE format('CREATE ROLE %I LOGIN', E'{text}_worker');
  END IF;
END $$;

GRANT USAGE ON SCHEMA {schema} TO "{name}_worker";
GRANT SELECT ON {schema}.schema_versions TO "{name}_worker";
GRANT SELECT, INSERT ON {schema}.executions, {schema}.journal, {schema}.attempts, {schema}.crashes, {schema}.origins,
  {schema}.subject_keys TO "{name}_worker";
REVOKE UPDATE ON {schema}.executions, {schema}.subject_keys FROM "{name}_worker"; -- Which it had once.
GRANT UPDATE (
  mail, retry_epoch, last_retry, epoch, due_at, crash_seq, attempt, requests, crashes, barren_crashes,
  sole_suspect_crashes, blocked_reason, backing_off, deadline_delivered, owner, settled_epoch, last_seq, state,
  finished_at, started_at, waits_for) ON {schema}.executions TO "{name}_worker";
GRANT UPDATE (wrapped) ON {schema}.subject_keys TO "{name}_worker";
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.sessions, {schema}.refusals, {schema}.schedules TO "{name}_worker";

COMMIT;
