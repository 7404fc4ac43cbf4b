-- What a next version might do: it only adds, so that this one goes on.
ALTER TABLE {prefix}executions ADD COLUMN cost_center VARBINARY(100);
ALTER TABLE {prefix}journal ADD COLUMN region TINYINT NOT NULL DEFAULT 0;
CREATE TABLE {prefix}next_version (id BINARY(16) NOT NULL PRIMARY KEY);
