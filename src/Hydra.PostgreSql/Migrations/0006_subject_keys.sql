-- The keys of subjects, wrapped with a key of the ring, which is not here. Destroyed ones stay, without the key, so
-- that nobody makes them anew. Ids are made from subjects and tell nothing of them by themselves. Like a session a key
-- is of no execution and so of no shard.
CREATE TABLE {schema}.subject_keys (
  namespace text COLLATE "C" NOT NULL,
  id        text COLLATE "C" NOT NULL CHECK (length(id) BETWEEN 1 AND 64),
  wrapped   text COLLATE "C"          CHECK (length(wrapped) BETWEEN 1 AND 1000), -- Not there when it was destroyed.
  PRIMARY KEY (namespace, id)
);
