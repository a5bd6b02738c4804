import { EieError } from '../errors.js';
import { type ParsedJws } from './compact-jws.js';
import { type ClaimMatch, claimMatches, described } from './claim-match.js';
import { nameOf } from './claim-path.js';
import { type IssuerPolicy } from './issuer-policy.js';

/**
 * Whether a user or a service acts, by the evidence that the operator named for this issuer. `sub` = client id shows a service too (RFC 9068 §5),
 * and never a user. Where the evidence of a service names values, they decide alone: they say whose services are taken, and some issuers let
 * whoever asks for a token choose its subject. A token that shows neither, or both, is refused: it is never guessed.
 *
 * @throws EieError `actor_unclassified`
 */
export function actorType(
  claims: ParsedJws['claims'],
  policy: IssuerPolicy,
  { sub, clientId }: { sub: string; clientId: string },
): 'user' | 'service' {
  const isOwnClient = sub === clientId;
  const user = claimMatches(policy.user, claims);
  const service =
    (isOwnClient && policy.service?.values === undefined) ||
    (policy.service !== undefined && claimMatches(policy.service, claims));
  if (user === service || (user && isOwnClient))
    throw new EieError('actor_unclassified', {
      finding: {
        claim: [policy.user, ...(policy.service ? [policy.service] : [])].map(({ claim }) => nameOf(claim)).join(', '),
        expected: user ? 'evidence of a user or of a service, not of both' : 'evidence of a user or of a service',
        fix: fixFor(policy),
      },
    });
  return user ? 'user' : 'service';
}

function fixFor({ user, service }: IssuerPolicy): string {
  const itself = service?.values === undefined ? ['is its own client'] : [];
  const rules = [showing('a user', [has(user)]), showing('a service', [...(service ? [has(service)] : []), ...itself])];
  return `Here ${rules.join('; ')}. Have the issuer write it so: docs/identity-providers.md says for each provider how. Or state with issuers[].actorType what its tokens have; where the issuer keeps RFC 9068, { user: { claim: "sub", differsFrom: "client_id" } }.`;
}

/** A list of no values is how an operator says that there are none. */
const has = (match: ClaimMatch): string => (match.values?.length === 0 ? '' : `has ${described(match)}`);

const showing = (who: string, evidence: readonly string[]): string =>
  evidence.some(Boolean) ? `${who} ${evidence.filter(Boolean).join(', or ')}` : `no token is one of ${who}`;
