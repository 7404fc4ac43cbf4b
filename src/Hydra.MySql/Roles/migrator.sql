-- The user that creates and upgrades the tables: `hydra migrate` runs as it, and nothing else should.
-- Run this in the database of the tables, as a user who may create users: mysql orders < migrator.sql. It may be run
-- again at any time. Give the user a password, or another way to log in; narrow the host where you can.
CREATE USER IF NOT EXISTS '{name}_migrator'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, CREATE VIEW, SHOW VIEW ON *
  TO '{name}_migrator'@'%';
