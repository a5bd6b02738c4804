import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** An issuer of access tokens: one key made for this run, its public half and the metadata that leads to it served on loopback. */
export async function startIssuer() {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'pack-check', alg: 'ES256', use: 'sig' }];
  const server = createServer(({ url: path, headers: { host } }, response) => {
    const issuer = `http://${host}`;
    const document = path.startsWith('/.well-known/') ? { issuer, jwks_uri: `${issuer}/jwks` } : { keys };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;

  return {
    url,
    jwksUri: `${url}/jwks`,
    /** A private key, for whoever needs one of its own. */
    clientKey: {
      ...(await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey)),
      kid: 'client',
      alg: 'ES256',
    },
    accessToken: (audience, scope, claims = {}) =>
      new SignJWT({ client_id: 'pack-check', scope, sub_profile: 'user', ...claims })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'pack-check' })
        .setIssuer(url)
        .setAudience(audience)
        .setSubject('alice')
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey),
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
