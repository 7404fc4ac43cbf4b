-- The role that creates and upgrades the tables, which it owns: `hydra migrate` runs as it, and nothing else should.
-- Run this as a superuser, or as the owner of the database who may also create roles. It may be run again at any time,
-- also to take over tables that another role has created. Give the role a password, or another way to log in.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = E'{text}_migrator') THEN
    EXECUTE format('CREATE ROLE %I LOGIN', E'{text}_migrator');
  END IF;
END $$;

CREATE SCHEMA IF NOT EXISTS {schema};
ALTER SCHEMA {schema} OWNER TO "{name}_migrator";

DO $$
DECLARE
  name text;
BEGIN
  FOR name IN
    SELECT c.relname
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = E'{text}' AND c.relkind IN ('r', 'p', 'v')
  LOOP
    EXECUTE format('ALTER TABLE %I.%I OWNER TO %I', E'{text}', name, E'{text}_migrator');
  END LOOP;
END $$;
