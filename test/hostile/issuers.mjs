import { Buffer } from 'node:buffer';
import { sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { newKeyPair } from '../support/new-key-pair.mjs';

export const RESOURCE = 'https://mcp.shop.test/mcp';

export const base64url = value =>
  Buffer.from(typeof value === 'object' && !Buffer.isBuffer(value) ? JSON.stringify(value) : value).toString(
    'base64url',
  );

const now = () => Math.floor(Date.now() / 1000);

/** An ES256, RS256 or PS256 signature over `input`, as JWS writes it. */
export function signature(input, { privateKey, alg }) {
  const padding = alg === 'PS256' ? { padding: 6, saltLength: 32 } : {};
  return sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363', ...padding }).toString(
    'base64url',
  );
}

function signingKey(alg, kid) {
  const pair = alg === 'ES256' ? newKeyPair() : newKeyPair('rsa', { modulusLength: 2048 });
  return { ...pair, alg, kid, jwk: { ...pair.publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } };
}

/** The claims of a token that is accepted. */
function claimsOf(issuer, changes) {
  const { sub = 'user-0', ...others } = changes;
  return {
    iss: issuer.url,
    aud: RESOURCE,
    sub,
    client_id: 'desk-copilot',
    sub_profile: 'user',
    tenant: issuer.tenant,
    scope: 'orders:read profile:read',
    iat: now() - 5,
    exp: now() + 1800,
    jti: `${sub}-${now()}`,
    ...(issuer.accessTokenClaim && { typ: 'Bearer' }),
    ...others,
  };
}

function issuerOf({ url, tenant, keys, ...options }) {
  const issuer = { url, tenant, keys, ...options };
  const headerOf = ({ alg, kid }) => ({ alg, typ: issuer.accessTokenClaim ? 'JWT' : 'at+jwt', kid });
  return Object.assign(issuer, {
    claims: (changes = {}) => claimsOf(issuer, changes),
    /** Signed by the genuine key, whatever it says. `header` adds to the usual one; texts and buffers are taken as they are. */
    sign(claims, header = {}, key = keys[0]) {
      const head = typeof header === 'string' ? header : JSON.stringify({ ...headerOf(key), ...header });
      const input = `${base64url(head)}.${base64url(claims)}`;
      return `${input}.${signature(input, key)}`;
    },
  });
}

/**
 * Two issuers whose keys this run knows, so that it can sign what only a policy can refuse: "acme" with its key set on
 * loopback (ES256, RFC 9068), "globex" with keys in the configuration (RS256 and PS256, `typ: JWT`), and a third nobody
 * configured.
 */
export async function startIssuers() {
  const requests = [];
  const server = createServer((request, response) => {
    requests.push(request.url);
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [acme.keys[0].jwk] }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  const acme = issuerOf({ url, tenant: 'acme', keys: [signingKey('ES256', 'acme-1')] });
  const accessTokenClaim = { claim: 'typ', values: ['Bearer'] };
  const globex = issuerOf({
    url: 'https://login.globex.test',
    tenant: 'globex',
    accessTokenClaim,
    keys: [signingKey('RS256', 'globex-rs'), signingKey('PS256', 'globex-ps')],
  });
  const mallory = issuerOf({
    url: 'https://login.mallory.test',
    tenant: 'acme',
    keys: [signingKey('ES256', 'acme-1'), signingKey('RS256', 'globex-rs')],
  });

  const actorType = { user: { claim: 'sub_profile', values: ['user'] } };
  const agents = { 'desk-copilot': 'agent-desk-copilot' };
  return {
    acme,
    globex,
    mallory,
    /** Where tokens try to lead a verifier. It counts with the key fetches. */
    lure: `${url}/lure`,
    requests,
    /** `EieOptions.issuers`, as plain data. */
    options: [
      {
        issuer: acme.url,
        jwksUri: `${url}/jwks`,
        algorithms: ['ES256'],
        tenants: ['acme'],
        maxLifetime: 3600,
        actorType,
        agents,
      },
      {
        issuer: globex.url,
        jwks: { keys: globex.keys.map(key => key.jwk) },
        algorithms: ['RS256', 'PS256'],
        tenants: ['globex'],
        maxLifetime: 3600,
        actorType,
        agents,
        accessTokenClaim,
      },
    ],
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
