import { randomUUID } from 'node:crypto';
import { compactVerify } from 'jose';
import { defined } from '../defined.js';
import { EieError } from '../errors.js';
import { assertEnvelope, type ExecutionIdentityEnvelope } from '../identity/execution-identity-envelope.js';
import { assertLive } from '../identity/identity-expiry.js';
import { type JobContent, type JobTerms, type StoredContent, storedContent } from '../identity/job.js';
import { type SealedIdentity } from '../identity/job-identity.js';
import { CLOCK_SKEW } from '../token/clock-skew.js';
import { mediaType, parseCompactJws } from '../token/compact-jws.js';
import { seconds, text } from '../token/claim-values.js';
import { type KeySource } from '../token/key-source.js';
import { type ScopeHierarchy } from '../token/scope-hierarchy.js';
import { identityClaims, identityIn, identityMembers } from './identity-claims.js';
import { type KeyRing, signByRing } from './key-ring.js';
import { needed, record } from './members.js';
import { receivedForm } from './open.js';
import { type SigningContext } from './signer.js';
import { SEAL_ALGORITHMS } from './signature-algorithms.js';

/** The media type in the JWS header. No receiver and no boundary takes it. */
const JOB_TYPE = 'eie-job+jwt';
/** Characters. */
const MAX_SEALED_LENGTH = 8 * 1024;
/** Seconds. */
const DEFAULT_TTL = 3_600;
/** Seconds. A revocation is kept at least that long: see `RevocationStore.add`. */
const MAX_TTL = 86_400;
const DEFAULT_ATTEMPTS = 3;
const MAX_ATTEMPTS = 100;

/** By whom and where jobs are sealed and opened. */
export interface JobDomain {
  /** Workers of another trust domain do not open the job. */
  readonly trustDomain: string;
  /** The identifier of the server that seals. */
  readonly issuer: string;
}

/** How one job is sealed. */
export interface JobSeal extends JobDomain, Omit<SigningContext, 'purpose'> {
  readonly keys: KeyRing | undefined;
  readonly hierarchy: ScopeHierarchy;
  /** Seconds since the epoch: it expires then at the latest, whatever its terms say. */
  readonly notAfter?: number;
  /** Seconds since the epoch: when the token of its identity was issued. A revocation since then counts, whatever the clock of this server says. */
  readonly since: number;
  /** A claim of its token names the agent of the identity, and not the registry. */
  readonly isAgentClaimed?: boolean;
  /** Of the span that seals it: W3C Trace Context. */
  readonly traceparent?: string;
}

/** An opened job. Whether it may run is not decided yet. */
export interface OpenedJob extends SealedIdentity {
  readonly issuer: string;
  /** Of the sealed text: unique. */
  readonly id: string;
  /** How often it may be started. */
  readonly attempts: number;
  /** Of the span that has sealed it. Its trace is that of the session. */
  readonly traceparent?: string;
  /** The copy of its data that was checked. */
  readonly data: unknown;
}

/**
 * The identity of an execution, narrowed and sealed for one job of one queue, as a compact JWS. It is NOT a bearer: it opens only for this queue,
 * this id, this name and these data, in a worker of the same trust domain. It is NOT encrypted: who can read the queue can read whose job it is. It
 * holds no token.
 *
 * @param terms whose `queue` is an absolute identifier: `aud` of the JWS
 * @param now seconds since the epoch, before it was asked whether the identity is revoked
 * @throws TypeError naming the term that is wrong, or for data that JSON cannot write
 * @throws EieError `identity_missing`, `identity_forged`, `identity_of_another_copy`, `identity_expired`; `insufficient_scope` for a scope that the
 * identity does not hold; `job_unsealed` without keys, for an identity that was received sealed, and for that of a process on stdio;
 * `signing_unavailable`
 */
export async function sealJob(
  envelope: ExecutionIdentityEnvelope,
  { queue, scopes, ttl = DEFAULT_TTL, attempts = DEFAULT_ATTEMPTS }: JobTerms,
  job: JobContent,
  { keys, trustDomain, issuer, hierarchy, notAfter = Infinity, since, isAgentClaimed, ...more }: JobSeal,
  now: number,
): Promise<string> {
  const { traceparent, ...context } = more;
  assertLive(assertEnvelope(envelope), now);
  if (!URL.canParse(queue)) throw new TypeError('A job needs "queue", an absolute identifier.');
  assertWithin('ttl', ttl, MAX_TTL);
  assertWithin('attempts', attempts, MAX_ATTEMPTS);
  for (const member of ['id', 'name'] as const)
    if (typeof job[member] !== 'string' || !job[member]) throw new TypeError(`A job needs "${member}", a text.`);
  const stored = storedContent(job);
  if (!stored) throw new TypeError('The data of a job must be what JSON can write, nested at most 60 deep.');
  if (!keys || receivedForm(envelope) || envelope.authorization.confidence === 'configured')
    throw new EieError('job_unsealed');
  const asked = [...new Set(scopes)].sort();
  if (!asked.every(scope => hierarchy.holds(envelope.authorization.scopes, scope)))
    throw new EieError('insufficient_scope', { scopes: asked });
  const narrowed = { ...envelope, authorization: { ...envelope.authorization, scopes: asked } };
  const claims = defined({
    iss: issuer,
    aud: queue,
    iat: now,
    exp: Math.min(now + ttl, notAfter),
    jti: randomUUID(),
    txn: envelope.meta.id,
    ...identityClaims(narrowed),
    tctx: {
      eie: {
        v: 1,
        ...identityMembers(narrowed),
        job: defined({
          trust_domain: trustDomain,
          digest: stored.digest,
          attempts,
          since,
          agent_claimed: isAgentClaimed || undefined,
          traceparent,
        }),
      },
    },
  });
  const jws = await signByRing(keys, { typ: JOB_TYPE, claims }, context);
  if (jws.length > MAX_SEALED_LENGTH) throw new EieError('job_unsealed');
  return jws;
}

function assertWithin(name: 'ttl' | 'attempts', value: number, most: number): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > most)
    throw new TypeError(`"${name}" of a job must be a whole number from 1 to ${most}.`);
}

/**
 * Opens a sealed job: signature by a key of its server, `typ`, trust domain, queue, times, a life of a day at most, and that it was sealed for
 * this id, name and data. Does NOT check that it is used for the first time, that its identity is not revoked, nor what it may do now.
 *
 * @param queue an absolute identifier
 * @param now seconds since the epoch
 * @throws EieError `job_invalid`, `job_expired`, `issuer_unavailable`
 */
export async function openJob(
  sealed: unknown,
  { queue, ...job }: JobContent & { readonly queue: string },
  { keys, trustDomain, issuer }: JobDomain & { readonly keys: KeySource },
  now: number,
): Promise<OpenedJob> {
  const stored = storedContent(job);
  try {
    const { header, claims } = parseCompactJws(
      needed(typeof sealed === 'string' ? sealed : undefined),
      MAX_SEALED_LENGTH,
    );
    const algorithm = SEAL_ALGORITHMS.find(alg => alg === header.alg);
    if (mediaType(header.typ) !== JOB_TYPE || !algorithm || claims.iss !== issuer || claims.aud !== queue)
      throw new EieError('job_invalid');
    await compactVerify(sealed as string, await keys.find(header), { algorithms: [algorithm] });
    return opened(claims, issuer, trustDomain, stored, now);
  } catch (error) {
    const passes = error instanceof EieError && (error.code === 'issuer_unavailable' || error.code === 'job_expired');
    throw passes ? error : new EieError('job_invalid');
  }
}

/** @param stored the job that is there */
function opened(
  claims: Readonly<Record<string, unknown>>,
  issuer: string,
  trustDomain: string,
  stored: StoredContent | undefined,
  now: number,
): OpenedJob {
  const eie = record(record(claims.tctx).eie);
  const job = record(eie.job);
  const [sealedAt, expiresAt] = [needed(seconds(claims, 'iat')), needed(seconds(claims, 'exp'))];
  const attempts = needed(seconds(job, 'attempts'));
  const isOurs = eie.v === 1 && job.trust_domain === trustDomain;
  if (!isOurs || !stored || job.digest !== stored.digest) throw new EieError('job_invalid');
  if (expiresAt <= now) throw new EieError('job_expired');
  if (sealedAt > now + CLOCK_SKEW.sealedJob || expiresAt - sealedAt > MAX_TTL) throw new EieError('job_invalid');
  return {
    ...identityIn(claims, eie),
    isAgentClaimed: job.agent_claimed === true && eie.agent === 'registry',
    issuer,
    id: needed(text(claims, 'jti')),
    startedBy: needed(text(claims, 'txn')),
    issuedAt: needed(seconds(job, 'since')),
    expiresAt,
    attempts,
    ...defined({ traceparent: text(job, 'traceparent') }),
    data: stored.data,
  };
}
