-- The user of programs that start and run workflows, with what they need and no more: it creates and changes no table,
-- and what has been recorded it can neither change nor delete. Such programs open with MigrateOnOpen = false.
-- Whoever leaves a row alone that is there, by ON DUPLICATE KEY UPDATE, needs the right to update: on MySQL one column,
-- which says little (the comments below are for its eyes), on MariaDB whatever the INSERT names.
-- Run this in the database of the tables once they are there, and again after an upgrade of them, before the programs:
-- mysql orders < worker.sql. The user is locked until you have said how it logs in:
-- ALTER USER '{name}_worker'@'%' IDENTIFIED BY '...' ACCOUNT UNLOCK.
CREATE USER IF NOT EXISTS '{name}_worker'@'%' ACCOUNT LOCK;
GRANT SELECT ON {prefix}schema_versions TO '{name}_worker'@'%';
GRANT SELECT, INSERT ON {prefix}outcomes TO '{name}_worker'@'%';
GRANT SELECT, INSERT ON {prefix}journal TO '{name}_worker'@'%';
GRANT SELECT, INSERT ON {prefix}crashes TO '{name}_worker'@'%';
GRANT SELECT, INSERT ON {prefix}origins TO '{name}_worker'@'%';
GRANT SELECT, INSERT, UPDATE /*!80000 (shard) */ ON {prefix}start_keys TO '{name}_worker'@'%';
GRANT SELECT, INSERT, UPDATE /*!80000 (started_at) */ ON {prefix}attempts TO '{name}_worker'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON {prefix}executions TO '{name}_worker'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON {prefix}sessions TO '{name}_worker'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON {prefix}session_workflows TO '{name}_worker'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON {prefix}refusals TO '{name}_worker'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON {prefix}schedules TO '{name}_worker'@'%';
GRANT SELECT, INSERT, UPDATE /*!80000 (wrapped) */ ON {prefix}subject_keys TO '{name}_worker'@'%';
