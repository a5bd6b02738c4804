-- Tokens that the processes of one server share, sealed with a secret that only they have. It may be applied any number of times, after 001-stores.sql.
-- place is a keyed hash. UNLOGGED: what is sealed is in no write-ahead log, on no standby and in no physical backup.
CREATE UNLOGGED TABLE IF NOT EXISTS :"schema".delegated_tokens (
  place text PRIMARY KEY,
  sealed text NOT NULL,
  kept_until timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS delegated_tokens_kept_until ON :"schema".delegated_tokens (kept_until);
