-- The role of programs that start and run workflows, with what they need and no more: it creates and changes no table,
-- and what has been recorded it can neither change nor delete. Such programs open with MigrateOnOpen = false.
-- Run this once the tables are there, and again after an upgrade of them, before the programs: as a superuser, or, when
-- the role is there, as {name}_migrator. Give the role a password, or another way to log in.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{name}_worker') THEN
    CREATE ROLE "{name}_worker" LOGIN;
  END IF;
END $$;

GRANT USAGE ON SCHEMA {schema} TO "{name}_worker";
GRANT SELECT ON {schema}.schema_versions TO "{name}_worker";
GRANT SELECT, INSERT, UPDATE ON {schema}.executions, {schema}.subject_keys TO "{name}_worker";
GRANT SELECT, INSERT ON {schema}.journal, {schema}.attempts, {schema}.crashes, {schema}.origins
  TO "{name}_worker";
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.sessions, {schema}.refusals, {schema}.schedules TO "{name}_worker";
