-- The records of audit logs, in a partition for each month. It may be applied any number of times, after 001-stores.sql.
CREATE TABLE IF NOT EXISTS :"schema".audit_events (
  time timestamptz NOT NULL,
  id text NOT NULL,
  seq bigint NOT NULL,
  type text NOT NULL,
  service text,
  actor_issuer text,
  actor_sub text,
  tenant text,
  agent_issuer text,
  agent_id text,
  client_id text,
  handler text,
  target text,
  outcome text,
  reason text,
  trace_id text,
  envelope_id text,
  record json NOT NULL,
  PRIMARY KEY (time, id)
) PARTITION BY RANGE (time);

-- An index that is there is left alone: CREATE INDEX IF NOT EXISTS would lock its table before it looks, and keep everybody from writing.
SET LOCAL search_path = :"schema", pg_catalog;
DO $make$
BEGIN
  IF to_regclass('audit_events_actor') IS NULL THEN CREATE INDEX audit_events_actor ON audit_events (actor_sub, time); END IF;
  IF to_regclass('audit_events_agent') IS NULL THEN CREATE INDEX audit_events_agent ON audit_events (agent_id, time); END IF;
  IF to_regclass('audit_events_handler') IS NULL THEN CREATE INDEX audit_events_handler ON audit_events (handler, time); END IF;
  IF to_regclass('audit_events_trace') IS NULL THEN CREATE INDEX audit_events_trace ON audit_events (trace_id); END IF;
  IF to_regclass('audit_events_envelope') IS NULL THEN CREATE INDEX audit_events_envelope ON audit_events (envelope_id); END IF;
END
$make$;

-- Makes the partition of a month, for a role that may make no tables: it runs with the rights of its owner.
CREATE OR REPLACE FUNCTION :"schema".make_audit_partition(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = :"schema", pg_catalog, pg_temp SET timezone = 'UTC' AS $make$
DECLARE
  first date := date_trunc('month', month)::date;
  own text;
  home name;
BEGIN
  -- psql fills in no variable here: the schema is the first of the search path.
  home := current_schema();
  own := to_char(first, '"audit_events_"YYYY_MM');
  PERFORM pg_advisory_xact_lock(hashtextextended(home || own, 0));
  IF to_regclass(format('%I.%I', home, own)) IS NULL THEN
    EXECUTE format('CREATE TABLE %I.%I PARTITION OF %I.audit_events FOR VALUES FROM (%L) TO (%L)',
      home, own, home, first::timestamptz, (first + interval '1 month')::timestamptz);
  END IF;
END
$make$;
REVOKE ALL ON FUNCTION :"schema".make_audit_partition(date) FROM PUBLIC;
