import { randomUUID } from 'node:crypto';
import type * as oauth from 'oauth4webapi';
import { type Diagnostics, type Signer } from 'execution-identity';
import { secondsOf } from 'execution-identity/internal';
import { signCompact } from 'execution-identity/internal/sign';

/** Seconds. */
const LIFETIME = 60;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * Client authentication by an assertion that a signer signs (`private_key_jwt`): RFC 7523 §2.2 and §3. An issuer that knows
 * the certificate of a key, and not the key, finds it by its thumbprint (RFC 7515 §4.1.8).
 *
 * @param audienceOf how the issuer wants to be named in `aud`
 * @returns what throws `signing_unavailable` when the signer fails or is late
 */
export function privateKeyJwt(
  signer: Signer,
  audienceOf: (server: oauth.AuthorizationServer) => string,
  diagnostics: Diagnostics,
): oauth.ClientAuth {
  const thumbprint = signer.publicKey['x5t#S256'];
  const header = {
    ...(thumbprint !== undefined && { typ: 'JWT', 'x5t#S256': thumbprint }),
    ...(signer.kid !== undefined && { kid: signer.kid }),
  };
  return async (server, { client_id: clientId }, body) => {
    // By the clock of this machine, as TLS is: the server has no other way to compare it with its own.
    const now = secondsOf(Date.now)();
    const claims = {
      iss: clientId,
      sub: clientId,
      aud: audienceOf(server),
      jti: randomUUID(),
      iat: now,
      exp: now + LIFETIME,
    };
    body.set('client_id', clientId);
    body.set('client_assertion_type', ASSERTION_TYPE);
    body.set(
      'client_assertion',
      await signCompact(signer, { header, claims }, { purpose: 'client_assertion', diagnostics }),
    );
  };
}
