import { sign } from 'node:crypto';
import { ISSUER, type PublicKeys } from '../load/tokens.js';
import { CLIENT } from './server-parts.js';
import { newKeyPair } from '../../support/key-pair.js';

interface Wanted {
  /** The audience. */
  readonly resource: string;
  readonly scope: string;
  /** Seconds. */
  readonly lifetime: number;
}

/** What an authorization server signs for the targets of this benchmark: RS256, 2048 bits, with a key of its own. */
export interface TargetIssuer {
  readonly jwk: PublicKeys['jwk'];
  /** RFC 8693: the user's token for another audience. @param actor who acts for the user; nobody in an impersonation */
  exchanged(subjectToken: string, wanted: Wanted, actor?: string): string;
  /** RFC 6749 §4.4: the token of this server itself. */
  own(wanted: Wanted): string;
}

export function targetIssuer(): TargetIssuer {
  const { privateKey, publicKey } = newKeyPair('rsa', { modulusLength: 2048 });
  const named = { kid: 'targets-1', alg: 'RS256' };
  const header = encode({ ...named, typ: 'at+jwt' });
  const signed = (claims: object, { resource, scope, lifetime }: Wanted): string => {
    const now = Math.floor(Date.now() / 1000);
    const payload = encode({ ...claims, iss: ISSUER, aud: resource, scope, iat: now, nbf: now, exp: now + lifetime });
    const signature = sign('sha256', Buffer.from(`${header}.${payload}`), privateKey).toString('base64url');
    return `${header}.${payload}.${signature}`;
  };
  return {
    jwk: { ...publicKey.export({ format: 'jwk' }), ...named, kty: 'RSA' },
    exchanged(subjectToken, wanted, actor) {
      const claims = JSON.parse(Buffer.from(subjectToken.split('.')[1]!, 'base64url').toString()) as object;
      return signed({ ...claims, client_id: CLIENT, ...(actor && { act: { sub: actor } }) }, wanted);
    },
    own: wanted => signed({ sub: CLIENT, client_id: CLIENT }, wanted),
  };
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
