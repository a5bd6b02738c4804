import { type Adapter } from '../../support/app.js';
import { type Kit } from './kit.js';
import { type Site, type SiteAnswer, type SiteName, type SiteRequest } from './sites.js';

/** What is expected of an answer: it is accepted, or refused for this reason with a challenge that begins so. */
export type Expectation =
  'accepted' | { readonly reason: string; readonly challenge: string; readonly status?: number };

/** One row of the table. */
export interface Case {
  readonly id: string;
  /** Where it is written. */
  readonly source: string;
  /** Which application is asked. Default `plain`. */
  readonly site?: SiteName;
  readonly adapters?: readonly Adapter[];
  readonly expectation: Expectation;
  /** The request that is judged. It may send others before. */
  request(kit: Kit, site: Site): Promise<SiteRequest> | SiteRequest;
  /** What else must be true of the answer. Returns what is wrong. */
  also?(answer: SiteAnswer, kit: Kit, site: Site): Promise<string | undefined> | string | undefined;
}

/** A bad proof: the client makes another one. */
export const badProof = (reason = 'proof_of_possession_invalid'): Expectation => ({
  reason,
  challenge: 'DPoP error="invalid_dpop_proof"',
});
/** Another token is needed, by a client that uses this scheme. */
export const badToken = (reason: string, scheme: 'Bearer' | 'DPoP' = 'DPoP'): Expectation => ({
  reason,
  challenge: `${scheme} error="invalid_token"`,
});

const UNAUTHORIZED = '{"statusCode":401,"message":"Unauthorized"}';

/** @returns what is wrong, in a sentence */
export async function fault(one: Case, kit: Kit, site: Site): Promise<string | undefined> {
  const answer = await site.send(await one.request(kit, site));
  const { expectation } = one;
  const said = `${answer.status} ${answer.reason ?? ''} ${answer.headers['www-authenticate'] ?? ''}`;
  if (expectation === 'accepted') {
    if (answer.status !== 200) return `is not accepted: ${said}`;
  } else {
    const { reason, challenge, status = 401 } = expectation;
    if (answer.status !== status || answer.reason !== reason) return `is answered ${said}`;
    if (!answer.headers['www-authenticate']?.startsWith(challenge)) return `has another challenge: ${said}`;
    if (status === 401 && answer.body !== UNAUTHORIZED) return `has a body of its own: ${answer.body}`;
  }
  return one.also?.(answer, kit, site);
}
