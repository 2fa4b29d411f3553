-- Product records (D53): facts of the ledger that are no FHIR resource, such as a person or a
-- grant. Append-only and chained like version; the newest version of a record is what stands.

CREATE TABLE record (
  seq     INTEGER PRIMARY KEY,
  kind    TEXT    NOT NULL,
  id      TEXT    NOT NULL,
  ver     INTEGER NOT NULL,
  subject TEXT    NOT NULL, -- what it is about, by which it is found; the same in all its versions
  at      INTEGER NOT NULL, -- real time, ms since 1970 UTC
  actor   TEXT    NOT NULL,
  body    TEXT    NOT NULL, -- JSON, read by the crate that owns the kind
  chain   BLOB    NOT NULL CHECK (length(chain) = 32)
) STRICT;

CREATE UNIQUE INDEX record_version ON record (kind, id, ver);
CREATE INDEX record_subject ON record (kind, subject);

CREATE TABLE record_head (
  one   INTEGER PRIMARY KEY CHECK (one = 1),
  seq   INTEGER NOT NULL,
  chain BLOB    NOT NULL CHECK (length(chain) = 32)
) STRICT;

INSERT INTO record_head VALUES (1, 0, zeroblob(32));

CREATE TRIGGER record_is_never_updated BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER record_is_never_deleted BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'append-only'); END;

-- Who is signed in: not a fact to keep, a key that opens and is thrown away.
CREATE TABLE session (
  id_sha256  BLOB    PRIMARY KEY CHECK (length(id_sha256) = 32),
  person     TEXT    NOT NULL,
  expires_at INTEGER NOT NULL, -- ms since 1970 UTC; may be swept from then on
  body       TEXT    NOT NULL  -- JSON, read by identity
) STRICT, WITHOUT ROWID;

CREATE INDEX session_person ON session (person);
CREATE INDEX session_expiry ON session (expires_at);
