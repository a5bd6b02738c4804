// Who takes part in the vectors: what the receiver believes, and throwaway keys that nobody keeps.
import { constants, createHmac, createPublicKey, sign } from 'node:crypto';
import { Buffer } from 'node:buffer';
import { newKeyPair } from '../../support/new-key-pair.mjs';

/** Seconds since the epoch. The vectors never age: they say what time it is. */
export const NOW = 1_800_000_000;

export const LOGIN = 'https://login.example';
export const LEGACY = 'https://legacy.example';
/** An issuer that signs by every algorithm. */
export const MANY = 'https://many.example';
/** An issuer that is no URL, and whose users and services are told apart by rules of the operator. */
export const RULES = 'rules.example';
export const MCP = 'https://mcp.shop.example/mcp';
export const DESK = 'https://desk.shop.example/mcp';
export const ORDERS = 'https://orders.shop.example';
export const TRUST_DOMAIN = 'shop.example';

const KINDS = {
  ES256: ['ec', { namedCurve: 'P-256' }],
  ES384: ['ec', { namedCurve: 'P-384' }],
  ES512: ['ec', { namedCurve: 'P-521' }],
  RS256: ['rsa', { modulusLength: 2048 }],
  EdDSA: ['ed25519'],
};

/** What access tokens may be signed by: RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2. */
export const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** A key of one party; `kid` is the name it goes by. */
function newKey(kid, alg) {
  const { privateKey } = newKeyPair(...KINDS[alg]);
  return { kid, alg, privateKey };
}

export const keys = {
  login: newKey('login-1', 'ES256'),
  loginNext: newKey('login-2', 'ES256'),
  legacy: newKey('legacy-1', 'RS256'),
  manyRsa: newKey('many-rsa', 'RS256'),
  manyShort: { kid: 'many-short', alg: 'RS256', ...newKeyPair('rsa', { modulusLength: 1024 }) },
  many256: newKey('many-256', 'ES256'),
  many384: newKey('many-384', 'ES384'),
  many512: newKey('many-512', 'ES512'),
  manyEdwards: newKey('many-edwards', 'EdDSA'),
  sharedRs256: newKey('many-shared', 'RS256'),
  sharedRs384: newKey('many-shared', 'RS256'),
  shared384: newKey('many-shared', 'ES384'),
  rules: newKey('rules-1', 'ES256'),
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
    {
      issuer: MANY,
      // Without `alg`: an RSA key signs by several algorithms, and so does an Ed25519 key by two names.
      jwks: {
        keys: [
          ...jwks(keys.manyRsa, keys.manyShort, keys.many256, keys.many384, keys.many512, keys.manyEdwards).keys.map(
            jwk => ({ ...jwk, alg: undefined }),
          ),
          ...jwks(keys.sharedRs256, { ...keys.sharedRs384, alg: 'RS384' }, keys.shared384).keys,
        ],
      },
      algorithms: ALGORITHMS,
      audience: [ORDERS],
      tolerated_audiences: [],
      max_lifetime: 3600,
      tenants: [],
      user: { claim: 'sub_profile', values: ['user'] },
    },
    {
      issuer: RULES,
      jwks: jwks(keys.rules),
      algorithms: ['ES256'],
      audience: [ORDERS],
      tolerated_audiences: [],
      max_lifetime: 3600,
      tenants: [],
      user: {
        claim: 'sub',
        differs_from: 'client_id',
        unless: { claim: ['session', 'anonymous'], values: [true] },
      },
      service: { claim: 'client_id', unless: { claim: 'sub' } },
    },
  ],
  sealers: [
    { issuer: MCP, jwks: jwks(keys.mcp) },
    { issuer: DESK, jwks: jwks(keys.desk) },
  ],
  presenters: [
    { workload: MCP, issuer: LOGIN, client_id: 'shop-mcp', forwards: false },
    { workload: MCP, issuer: LEGACY, client_id: 'shop-mcp-legacy', forwards: false },
    { workload: MCP, issuer: MANY, client_id: 'shop-mcp-many', forwards: false },
    { workload: MCP, issuer: RULES, client_id: 'shop-mcp-rules', forwards: false },
    { workload: MCP, issuer: LOGIN, client_id: 'intake-service', forwards: true },
    { workload: DESK, issuer: LOGIN, client_id: 'desk-mcp', forwards: false },
  ],
  single_use: false,
};

export const base64url = text => Buffer.from(text).toString('base64url');

/**
 * A compact JWS; `headerText` and `claimsText` are what is sent where JSON.stringify would not write it so. `by` is the algorithm
 * that signs, where it is not the one that the header names.
 */
export function jws({
  header,
  claims,
  key,
  headerText = JSON.stringify(header),
  claimsText = JSON.stringify(claims),
  by = signsBy(key, header.alg),
  der = false,
}) {
  const input = `${base64url(headerText)}.${base64url(claimsText)}`;
  return `${input}.${signature(input, header.alg === 'none' || header.alg === 'HS256' ? header.alg : by, key, der)}`;
}

/** A key signs by the algorithm of the header where it can, else by its own: then the header does not tell the truth. */
const signsBy = ({ privateKey, alg }, wanted) =>
  ({ rsa: /^[RP]S/, ec: RegExp(`^${alg}$`), ed25519: /^Ed/ })[privateKey.asymmetricKeyType].test(wanted) ? wanted : alg;

function signature(input, alg, { privateKey }, der) {
  if (alg === 'none') return '';
  // The classic confusion: the public key, which everybody has, as the secret of an HMAC.
  if (alg === 'HS256')
    return createHmac('sha256', createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }))
      .update(input)
      .digest('base64url');
  const hash = alg.startsWith('Ed') ? null : `sha${alg.slice(2)}`;
  const padding = alg.startsWith('PS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {};
  const form = { dsaEncoding: der ? 'der' : 'ieee-p1363' };
  return sign(hash, Buffer.from(input), { key: privateKey, ...padding, ...form }).toString('base64url');
}
