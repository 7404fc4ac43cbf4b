-- What a next version might do: it only adds, so that this one goes on.
ALTER TABLE {schema}.executions ADD COLUMN cost_center text;
ALTER TABLE {schema}.journal ADD COLUMN region smallint NOT NULL DEFAULT 0;
CREATE TABLE {schema}.next_version (id uuid NOT NULL PRIMARY KEY);
