-- The user that creates and upgrades the tables: `hydra migrate` runs as it, and nothing else should.
-- Run this in the database of the tables, as a user who may create users: mysql orders < migrator.sql. It may be run
-- again at any time. The user is locked until you have said how it logs in:
-- ALTER USER '{name}_migrator'@'%' IDENTIFIED BY '...' ACCOUNT UNLOCK. Users are those of the whole server: give each
-- database that has such tables a prefix of its own, or its programs may enter the others.
CREATE USER IF NOT EXISTS '{name}_migrator'@'%' ACCOUNT LOCK;
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, CREATE VIEW, SHOW VIEW ON *
  TO '{name}_migrator'@'%';
