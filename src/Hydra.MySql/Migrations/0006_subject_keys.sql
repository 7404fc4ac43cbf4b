-- The keys of subjects, wrapped with a key of the ring, which is not here. Destroyed ones stay, without the key, so
-- that nobody makes them anew. Ids are made from subjects and tell nothing of them by themselves. Like a session a key
-- is of no execution and so of no shard.
CREATE TABLE {prefix}subject_keys (
  namespace VARBINARY(765)  NOT NULL,
  id        VARBINARY(64)   NOT NULL CHECK (LENGTH(id) >= 1),
  wrapped   VARBINARY(1000)          CHECK (LENGTH(wrapped) >= 1), -- Not there when it was destroyed.
  PRIMARY KEY (namespace, id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
