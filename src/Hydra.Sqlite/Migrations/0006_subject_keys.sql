-- The keys of subjects, wrapped with a key of the ring, which is not here. Destroyed ones stay, without the key, so
-- that nobody makes them anew. Ids are made from subjects and tell nothing of them by themselves.
CREATE TABLE hydra_subject_keys (
  namespace TEXT NOT NULL,
  id        TEXT NOT NULL CHECK (length(id) BETWEEN 1 AND 64),
  wrapped   TEXT          CHECK (length(wrapped) BETWEEN 1 AND 1000), -- Not there when it was destroyed.
  PRIMARY KEY (namespace, id)
) STRICT, WITHOUT ROWID;
