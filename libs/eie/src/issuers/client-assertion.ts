import { randomUUID } from 'node:crypto';
import type * as oauth from 'oauth4webapi';
import { type Diagnostics, type Signer } from 'execution-identity';
import { secondsOf } from 'execution-identity/internal';
import { signCompact } from 'execution-identity/internal/sign';

/** Seconds. */
const LIFETIME = 60;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * Client authentication by a signed assertion (`private_key_jwt`): RFC 7523 §2.2 and §3. An issuer that knows the certificate of a key,
 * and not the key, finds it by its thumbprint (RFC 7515 §4.1.8).
 *
 * @param audienceOf the `aud` that the issuer expects
 * @returns a client authentication that throws `signing_unavailable` when the signer fails or is late
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
    // The clock of this machine and not that of the options: the issuer compares the time with its own clock.
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
