// Who takes part in the vectors: what the receiver believes, and throwaway keys that nobody keeps.
import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { Buffer } from 'node:buffer';

/** Seconds since the epoch. The vectors never age: they say what time it is. */
export const NOW = 1_800_000_000;

export const LOGIN = 'https://login.example';
export const LEGACY = 'https://legacy.example';
export const MCP = 'https://mcp.shop.example/mcp';
export const DESK = 'https://desk.shop.example/mcp';
export const ORDERS = 'https://orders.shop.example';
export const TRUST_DOMAIN = 'shop.example';

const KINDS = { ES256: ['ec', { namedCurve: 'P-256' }], RS256: ['rsa', { modulusLength: 2048 }], EdDSA: ['ed25519'] };

/** A key of one party; `kid` is the name it goes by. */
function newKey(kid, alg) {
  const { privateKey } = generateKeyPairSync(...KINDS[alg]);
  return { kid, alg, privateKey };
}

export const keys = {
  login: newKey('login-1', 'ES256'),
  loginNext: newKey('login-2', 'ES256'),
  legacy: newKey('legacy-1', 'RS256'),
  mcp: newKey('seal-1', 'ES256'),
  desk: newKey('seal-2', 'EdDSA'),
  stranger: newKey('stranger-1', 'ES256'),
  strangerRsa: newKey('stranger-2', 'RS256'),
};

const jwks = (...list) => ({
  keys: list.map(({ kid, alg, privateKey }) => ({
    ...createPublicKey(privateKey).export({ format: 'jwk' }),
    kid,
    alg,
    use: 'sig',
  })),
});

/** What the receiver of all vectors believes; README.md says what each member means. */
export const policy = {
  service: 'orders_api',
  trust_domain: TRUST_DOMAIN,
  issuers: [
    {
      issuer: LOGIN,
      jwks: jwks(keys.login, keys.loginNext),
      algorithms: ['ES256'],
      audience: [ORDERS],
      tolerated_audiences: ['https://status.shop.example'],
      max_lifetime: 3600,
      tenants: ['acme', 'globex'],
      user: { claim: 'sub_profile', values: ['user'] },
    },
    {
      issuer: LEGACY,
      jwks: jwks(keys.legacy),
      algorithms: ['RS256'],
      audience: [ORDERS],
      tolerated_audiences: [],
      max_lifetime: 600,
      access_token_claim: { claim: 'token_use', values: ['access'] },
      claims: { client_id: 'cid', scope: 'scp', roles: ['realm_access', 'roles'] },
      tenants: [],
      user: { claim: 'username' },
      service: { claim: 'gty', values: ['client-credentials'] },
    },
  ],
  sealers: [
    { issuer: MCP, jwks: jwks(keys.mcp) },
    { issuer: DESK, jwks: jwks(keys.desk) },
  ],
  presenters: [
    { workload: MCP, issuer: LOGIN, client_id: 'shop-mcp', forwards: false },
    { workload: MCP, issuer: LEGACY, client_id: 'shop-mcp-legacy', forwards: false },
    { workload: MCP, issuer: LOGIN, client_id: 'intake-service', forwards: true },
    { workload: DESK, issuer: LOGIN, client_id: 'desk-mcp', forwards: false },
  ],
  single_use: false,
};

export const base64url = text => Buffer.from(text).toString('base64url');

/** A compact JWS; `headerText` and `claimsText` are what is sent where JSON.stringify would not write it so. */
export function jws({
  header,
  claims,
  key,
  headerText = JSON.stringify(header),
  claimsText = JSON.stringify(claims),
  der = false,
}) {
  const input = `${base64url(headerText)}.${base64url(claimsText)}`;
  return `${input}.${signature(input, header.alg, key, der)}`;
}

function signature(input, alg, { privateKey, alg: keyAlg }, der) {
  if (alg === 'none') return '';
  // The classic confusion: the public key, which everybody has, as the secret of an HMAC.
  if (alg === 'HS256')
    return createHmac('sha256', createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }))
      .update(input)
      .digest('base64url');
  const options = keyAlg === 'ES256' && !der ? { key: privateKey, dsaEncoding: 'ieee-p1363' } : privateKey;
  return sign(keyAlg === 'EdDSA' ? null : 'sha256', Buffer.from(input), options).toString('base64url');
}
