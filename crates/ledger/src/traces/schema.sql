-- Traces of calls (D63). Append-only: the program adds lines and, when their time is over, takes
-- the oldest ones away. `edge` tells where the lines held begin and end.

CREATE TABLE trace (
  seq         INTEGER PRIMARY KEY,
  at          INTEGER NOT NULL, -- ms since 1970 UTC
  actor       TEXT    NOT NULL, -- client or person
  client      TEXT    NOT NULL, -- software
  profile     INTEGER,          -- audience by index, NULL when nobody was recognised
  declared    TEXT    NOT NULL, -- codes of the four Ror-* headers
  action      TEXT    NOT NULL,
  resources   TEXT    NOT NULL, -- Type/id, by spaces
  criteria    TEXT    NOT NULL, -- personal values masked
  count       INTEGER NOT NULL,
  marks       INTEGER NOT NULL, -- 1: named contact of level 2, 2: level 3
  outcome     INTEGER NOT NULL, -- HTTP status
  reason      TEXT    NOT NULL,
  duration_us INTEGER NOT NULL,
  request_id  TEXT    NOT NULL,
  purpose     TEXT    NOT NULL,
  chain       BLOB    NOT NULL CHECK (length(chain) = 32)
) STRICT;

CREATE INDEX trace_at ON trace (at);

CREATE TABLE edge (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  base_seq   INTEGER NOT NULL, -- last line taken away, 0 for none
  base_chain BLOB    NOT NULL CHECK (length(base_chain) = 32),
  seq        INTEGER NOT NULL, -- last line
  chain      BLOB    NOT NULL CHECK (length(chain) = 32)
) STRICT;

INSERT INTO edge VALUES (1, 0, zeroblob(32), 0, zeroblob(32));
