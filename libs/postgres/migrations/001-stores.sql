-- The stores of nestjs-eie-postgres. It may be applied any number of times:
--   psql -v ON_ERROR_STOP=1 -v schema=eie -1 -f 001-stores.sql
CREATE SCHEMA IF NOT EXISTS :"schema";

-- Which store this is: a store that was emptied and set up again is another one.
CREATE TABLE IF NOT EXISTS :"schema".store (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  id uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO :"schema".store DEFAULT VALUES ON CONFLICT DO NOTHING;

-- What was used once. id and holder are hashes.
CREATE TABLE IF NOT EXISTS :"schema".replay (
  id text PRIMARY KEY,
  holder text NOT NULL,
  kept_until timestamptz NOT NULL
);

-- Who was revoked: what was issued until revoked_at (seconds since the epoch) is nothing. key, of_issuer and of_user are hashes.
CREATE TABLE IF NOT EXISTS :"schema".revocations (
  key text PRIMARY KEY,
  of_issuer text NOT NULL,
  of_user text,
  revoked text NOT NULL,
  revoked_at double precision NOT NULL,
  seq bigint NOT NULL UNIQUE,
  kept_until timestamptz NOT NULL
);
CREATE SEQUENCE IF NOT EXISTS :"schema".revocations_seq CACHE 1;

-- Encrypted with what only the holder of the handle has. id is derived from the handle.
CREATE TABLE IF NOT EXISTS :"schema".request_states (
  id text PRIMARY KEY,
  sealed bytea NOT NULL,
  expires_at timestamptz NOT NULL,
  kept_until timestamptz NOT NULL
);

-- id, binding, pool and holder are hashes; approval and decision are JSON.
CREATE TABLE IF NOT EXISTS :"schema".approvals (
  id text PRIMARY KEY,
  binding text NOT NULL UNIQUE,
  pool text NOT NULL,
  holder text NOT NULL,
  epoch text NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  approval text NOT NULL,
  decision text,
  approved boolean NOT NULL DEFAULT false,
  expires_at timestamptz NOT NULL,
  kept_until timestamptz NOT NULL
);

-- An index that is there is left alone: CREATE INDEX IF NOT EXISTS would lock its table before it looks, and keep everybody from writing.
SET LOCAL search_path = :"schema", pg_catalog;
DO $make$
BEGIN
  IF to_regclass('replay_holder') IS NULL THEN CREATE INDEX replay_holder ON replay (holder); END IF;
  IF to_regclass('replay_kept_until') IS NULL THEN CREATE INDEX replay_kept_until ON replay (kept_until); END IF;
  IF to_regclass('revocations_of') IS NULL THEN CREATE INDEX revocations_of ON revocations (of_issuer, of_user); END IF;
  IF to_regclass('revocations_kept_until') IS NULL THEN CREATE INDEX revocations_kept_until ON revocations (kept_until); END IF;
  IF to_regclass('request_states_kept_until') IS NULL THEN CREATE INDEX request_states_kept_until ON request_states (kept_until); END IF;
  IF to_regclass('approvals_pool') IS NULL THEN CREATE INDEX approvals_pool ON approvals (pool, seq) WHERE decision IS NULL; END IF;
  IF to_regclass('approvals_holder') IS NULL THEN CREATE INDEX approvals_holder ON approvals (holder); END IF;
  IF to_regclass('approvals_kept_until') IS NULL THEN CREATE INDEX approvals_kept_until ON approvals (kept_until); END IF;
END
$make$;
