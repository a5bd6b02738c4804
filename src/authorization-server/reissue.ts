import type { Actor } from './actors.js';
import { words } from './claims.js';
import { errors, type TokenEndpointGrantContext } from './oidc-provider.js';
import type { Resource } from './registry.js';
import type { Subject, SubjectTokenParts } from './subject-token.js';
import { now, type TokenIssuer } from './token-issuer.js';

/** What a grant works with that makes a user's token for one resource from the one for another. */
export interface ReissueParts extends SubjectTokenParts {
  tokens: TokenIssuer;
}

/** The form `provider.registerGrantType(...)` takes. */
export type GrantType<Parameters extends object> = [
  name: string,
  handler: (ctx: TokenEndpointGrantContext<Parameters>) => Promise<void>,
  parameters: string[],
  repeatable: string[],
];

/** Facts about the user and the login that go with them from resource to resource. */
const KEPT = ['tenant', 'sub_profile', 'auth_time', 'acr', 'amr', 'sid'] as const;

/** The id of the client, if it is one that can keep a secret: no other gets a token for a token. */
export function confidentialClient({ oidc: { client } }: TokenEndpointGrantContext): string {
  if (client.tokenEndpointAuthMethod === 'none') {
    throw new errors.UnauthorizedClient('a public client may not exchange tokens');
  }
  return client.clientId;
}

/** The requested scopes, or all if none is requested, of those that the subject token and the target have in common. */
export function narrowedScopes(requested: string[], subject: Subject, target: Resource): string[] {
  const ceiling = words(subject.scope).filter(scope => target.scopes.includes(scope));
  const granted = requested.length > 0 ? requested : ceiling;
  const excess = granted.find(scope => !ceiling.includes(scope));
  if (granted.length === 0 || excess !== undefined) {
    throw new errors.InvalidScope('exceeds what subject_token and target have in common', excess ?? '');
  }
  return granted;
}

export interface Reissue {
  subject: Subject;
  target: Resource;
  scopes: string[];
  act: Actor | undefined;
  clientId: string;
}

/** The new token. It does not outlive the one it is made from. */
export function reissue({ subject, target, scopes, act, clientId }: Reissue, tokens: TokenIssuer) {
  const iat = now();
  const exp = Math.min(iat + target.lifetime, subject.exp);
  const access_token = tokens.accessToken({
    ...Object.fromEntries(KEPT.map(claim => [claim, subject[claim]])),
    sub: subject.sub,
    act,
    iat,
    exp,
    scope: scopes.join(' '),
    client_id: clientId,
    aud: target.identifier,
  });
  return { access_token, expires_in: exp - iat };
}
