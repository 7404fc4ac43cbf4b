-- The user that deletes executions that have ended, which a worker may not. It reads everything, inputs and outputs
-- too, and starts and changes nothing.
-- To let the workers forget by themselves, grant '{name}_worker'@'%' the same.
-- Run this in the database of the tables once they are there, and again after an upgrade of them:
-- mysql orders < pruner.sql. The user is locked until you have said how it logs in:
-- ALTER USER '{name}_pruner'@'%' IDENTIFIED BY '...' ACCOUNT UNLOCK.
CREATE USER IF NOT EXISTS '{name}_pruner'@'%' ACCOUNT LOCK;
GRANT SELECT ON {prefix}schema_versions TO '{name}_pruner'@'%';
GRANT SELECT ON {prefix}executions TO '{name}_pruner'@'%';
GRANT SELECT ON {prefix}sessions TO '{name}_pruner'@'%';
GRANT SELECT ON {prefix}session_workflows TO '{name}_pruner'@'%';
GRANT SELECT ON {prefix}schedules TO '{name}_pruner'@'%';
GRANT SELECT ON {prefix}subject_keys TO '{name}_pruner'@'%';
GRANT SELECT, DELETE ON {prefix}outcomes TO '{name}_pruner'@'%';
GRANT SELECT, DELETE ON {prefix}start_keys TO '{name}_pruner'@'%';
GRANT SELECT, DELETE ON {prefix}journal TO '{name}_pruner'@'%';
GRANT SELECT, DELETE ON {prefix}attempts TO '{name}_pruner'@'%';
GRANT SELECT, DELETE ON {prefix}crashes TO '{name}_pruner'@'%';
GRANT SELECT, DELETE ON {prefix}refusals TO '{name}_pruner'@'%';
GRANT SELECT, DELETE ON {prefix}origins TO '{name}_pruner'@'%';
