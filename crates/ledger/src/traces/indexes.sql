-- One way to find a line by each parameter that is served. They hold nothing of their own: the chain does not
-- cover them, the check compares them.

CREATE INDEX trace_actor ON trace (actor);
CREATE INDEX trace_action ON trace (action);
CREATE INDEX trace_granted ON trace (seq) WHERE outcome < 400;
CREATE INDEX trace_refused ON trace (seq) WHERE outcome >= 400;

-- The lines about a resource.
CREATE TABLE about (
  resource TEXT    NOT NULL, -- Type/id
  seq      INTEGER NOT NULL, -- of the line
  PRIMARY KEY (resource, seq)
) STRICT, WITHOUT ROWID;
