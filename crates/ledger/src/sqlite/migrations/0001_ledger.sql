-- The ledger of architecture.md §9. Everything but client and meta follows from version and
-- audit, the two logs; current, uniq and source are their present state, kept for writers.

CREATE TABLE version (
  seq           INTEGER PRIMARY KEY,
  rtype         TEXT    NOT NULL,
  id            TEXT    NOT NULL,
  ver           INTEGER NOT NULL,
  op            INTEGER NOT NULL CHECK (op IN (0, 1, 2)), -- create, update, withdraw
  at            INTEGER NOT NULL, -- real time, ms since 1970 UTC
  updated       INTEGER NOT NULL, -- date shown, ms since 1970 UTC
  actor         TEXT    NOT NULL,
  audience_mask INTEGER NOT NULL,
  policy_ver    INTEGER NOT NULL,
  identifiers   BLOB    NOT NULL, -- the whole set held from this version on, packed pairs
  source        BLOB    NOT NULL, -- source and key given by this version, packed pair or empty
  body          BLOB    NOT NULL, -- one zstd frame
  chain         BLOB    NOT NULL CHECK (length(chain) = 32)
) STRICT;

CREATE UNIQUE INDEX version_of_resource ON version (rtype, id, ver);

CREATE TABLE current (
  rtype   TEXT    NOT NULL,
  id      TEXT    NOT NULL,
  seq     INTEGER NOT NULL REFERENCES version (seq),
  ver     INTEGER NOT NULL,
  deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
  PRIMARY KEY (rtype, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE uniq (
  rtype  TEXT NOT NULL,
  system TEXT NOT NULL,
  value  TEXT NOT NULL,
  id     TEXT NOT NULL,
  PRIMARY KEY (rtype, system, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE source (
  source TEXT    NOT NULL,
  key    TEXT    NOT NULL,
  rtype  TEXT    NOT NULL,
  id     TEXT    NOT NULL,
  seq    INTEGER NOT NULL REFERENCES version (seq), -- row that last gave the key
  PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  seq     INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL, -- ms since 1970 UTC
  actor   TEXT    NOT NULL,
  action  TEXT    NOT NULL,
  target  TEXT    NOT NULL,
  outcome TEXT    NOT NULL,
  chain   BLOB    NOT NULL CHECK (length(chain) = 32)
) STRICT;

CREATE TABLE head (
  one         INTEGER PRIMARY KEY CHECK (one = 1),
  seq         INTEGER NOT NULL,
  epoch       INTEGER NOT NULL,
  chain       BLOB    NOT NULL CHECK (length(chain) = 32),
  audit_seq   INTEGER NOT NULL,
  audit_chain BLOB    NOT NULL CHECK (length(audit_chain) = 32)
) STRICT;

INSERT INTO head VALUES (1, 0, 1, zeroblob(32), 0, zeroblob(32));

CREATE TABLE client (
  id            TEXT    PRIMARY KEY,
  name          TEXT    NOT NULL,
  profile       INTEGER NOT NULL,
  secret_sha256 BLOB    CHECK (length(secret_sha256) = 32),
  rights        TEXT    NOT NULL, -- JSON, read by identity
  created_at    INTEGER NOT NULL,
  revoked_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The past is never rewritten, not even by a mistake of ours.
CREATE TRIGGER version_is_never_updated BEFORE UPDATE ON version BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER version_is_never_deleted BEFORE DELETE ON version BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER audit_is_never_updated BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'append-only'); END;
