-- The role that deletes executions that have ended, which a worker may not. It reads everything, inputs and outputs
-- too, and starts and changes nothing.
-- To let the workers forget by themselves: GRANT "{name}_pruner" TO "{name}_worker";
-- Run this once the tables are there, and again after an upgrade of them: as a superuser, or, when the role is there,
-- as {name}_migrator. Give the role a password, or another way to log in.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = E'{text}_pruner') THEN
    EXECUTE format('CREATE ROLE %I LOGIN', E'{text}_pruner');
  END IF;
END $$;

GRANT USAGE ON SCHEMA {schema} TO "{name}_pruner";
GRANT SELECT ON {schema}.schema_versions, {schema}.sessions, {schema}.schedules, {schema}.subject_keys
  TO "{name}_pruner";
GRANT SELECT, DELETE ON
  {schema}.executions, {schema}.journal, {schema}.attempts, {schema}.crashes, {schema}.refusals, {schema}.origins
  TO "{name}_pruner";
GRANT UPDATE (finished_at) ON {schema}.executions TO "{name}_pruner"; -- Or it could lock no row.
