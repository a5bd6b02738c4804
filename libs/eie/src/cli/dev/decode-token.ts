import { EieError, type IssuerPolicy } from 'execution-identity';
import {
  findingOf,
  type ParsedJws,
  parseAccessToken,
  readClaims,
  tokenKey,
  unknownIssuer,
  verifySignature,
} from 'execution-identity/internal';
import { explainedRefusal } from '../../boot/dry-run/explained-refusal.js';
import { type DecodedToken, type DevCheck } from './dev-page.js';

type Members = Readonly<Record<string, unknown>>;

/** Checks that one step of the verification makes, in its order, and the codes with which each refuses. */
type Checks = readonly (readonly [name: string, codes: readonly EieError['code'][]])[];

const TIMES = 'It is valid at this time';
const PARSE: Checks = [['It is a signed token (a compact JWS)', ['token_malformed', 'algorithm_refused']]];
const ISSUER: Checks = [['Its issuer ("iss") is the one that is configured', ['issuer_unknown']]];
const HEADER: Checks = [
  ['It is short enough, and its algorithm ("alg") is configured', ['token_too_large', 'algorithm_refused']],
  ['It is an access token, by its "typ"', ['token_type_refused']],
  ['Its issuer has the key that signed it ("kid")', ['key_unknown', 'issuer_unavailable']],
];
const SIGNATURE: Checks = [['Its signature verifies', ['signature_invalid']]];
const CLAIMS: Checks = [
  [TIMES, ['token_expired', 'token_not_yet_valid', 'token_lifetime_refused']],
  ['It was issued for this application ("aud")', ['audience_refused']],
  ['It says who acts: a user, and a client', ['claim_missing', 'claim_invalid', 'actor_unclassified']],
  ['It is bound to no key, or in a way that can be proven ("cnf")', ['proof_of_possession_unsupported']],
  ['Its tenant is one of its issuer', ['tenant_refused']],
  ['It names agents as RFC 8693 does ("act")', ['actor_chain_refused']],
];
const ALL = [PARSE, ISSUER, HEADER, SIGNATURE, CLAIMS].flat();

/**
 * What a token says, and the first check of the boundary that fails. The checks are those of the library, in the order of the boundary. It does NOT look
 * at revocation, at a proof of possession or at scopes: those are of a call.
 *
 * @param now seconds since the epoch
 */
export async function decodeToken(compact: string, policy: IssuerPolicy, now: number): Promise<DecodedToken> {
  const [header, claims] = compact.split('.').map(members);
  return { header: header ?? null, claims: claims ?? null, checks: await checksOf(compact, policy, now) };
}

async function checksOf(compact: string, policy: IssuerPolicy, now: number): Promise<DevCheck[]> {
  let jws: ParsedJws | undefined;
  const steps: readonly (readonly [Checks, () => unknown])[] = [
    [PARSE, () => (jws = parseAccessToken(compact))],
    [ISSUER, () => assertKnown(jws!, policy)],
    [HEADER, () => tokenKey(jws!, policy)],
    [SIGNATURE, async () => verifySignature(jws!, await tokenKey(jws!, policy), policy.issuer)],
    [CLAIMS, () => readClaims(jws!.claims, policy, now)],
  ];
  for (const [checks, run] of steps)
    try {
      await run();
    } catch (error) {
      if (!(error instanceof EieError)) throw error;
      return upTo(checkOf(error, checks), error);
    }
  return ALL.map(([name]) => ({ name, result: 'passed', ...NOTHING }));
}

function assertKnown({ claims }: ParsedJws, { issuer }: IssuerPolicy): void {
  if (claims.iss !== issuer) throw unknownIssuer(claims.iss, [issuer]);
}

/** A claim that is missing or unreadable may be one of the times. */
function checkOf(error: EieError, checks: Checks): string {
  const { claim = '' } = findingOf(error);
  if (checks === CLAIMS && ['exp', 'iat', 'nbf'].includes(claim)) return TIMES;
  const [name] = checks.find(([, codes]) => codes.includes(error.code)) ?? checks[0]!;
  return name;
}

const NOTHING = { reason: null, cause: null, fix: null };

function upTo(failed: string, error: EieError): DevCheck[] {
  const at = ALL.findIndex(([name]) => name === failed);
  const { code: reason, message, claim, expected, fix } = explainedRefusal(error);
  const what = claim === null ? '' : ` It is about "${claim}".`;
  const cause = `${message}${what}${expected === null ? '' : ` Expected: ${expected.join(' or ')}.`}`;
  return ALL.map(([name], i) =>
    i === at
      ? { name, result: 'failed', reason, cause, fix }
      : { name, result: i < at ? 'passed' : 'not asked', ...NOTHING },
  );
}

/** For a person who looks at it: nothing in it is verified. */
function members(part: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined;
  } catch {
    return undefined;
  }
}
