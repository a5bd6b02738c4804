-- Tokens that the processes of one server share, sealed with a secret that only they have. It may be applied any number of times, after 001-stores.sql.
-- place is a keyed hash. UNLOGGED: what is sealed is in no write-ahead log, on no standby and in no physical backup.
CREATE UNLOGGED TABLE IF NOT EXISTS :"schema".delegated_tokens (
  place text PRIMARY KEY,
  sealed text NOT NULL,
  kept_until timestamptz NOT NULL
);

-- An index that is there is left alone: CREATE INDEX IF NOT EXISTS would lock its table before it looks, and keep everybody from writing.
SET LOCAL search_path = :"schema", pg_catalog;
DO $make$
BEGIN
  IF to_regclass('delegated_tokens_kept_until') IS NULL THEN CREATE INDEX delegated_tokens_kept_until ON delegated_tokens (kept_until); END IF;
END
$make$;
