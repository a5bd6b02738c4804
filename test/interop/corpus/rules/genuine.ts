/** Seconds since the epoch: when every case happens. */
export const NOW = 1_800_000_000;
export const MCP = 'https://mcp.corpus.test/mcp';
/** Another identifier of this server, without a path. */
export const ORIGIN = 'https://mcp.corpus.test';
export const LOGIN = 'https://login.corpus.test';
export const USERINFO = `${LOGIN}/userinfo`;

const TIMES = { iat: NOW - 10, exp: NOW + 300 };

/** What a token of each configured issuer says when nothing is odd. */
export const GENUINE: Readonly<Record<string, { header: object; claims: object; key: string; alg: string }>> = {
  plain: {
    header: { alg: 'ES256', typ: 'at+jwt', kid: 'a' },
    claims: {
      iss: LOGIN,
      aud: MCP,
      sub: 'alice',
      client_id: 'desk',
      sub_profile: 'user',
      tenant: 'acme',
      scope: 'orders:read',
      jti: 'one',
      ...TIMES,
    },
    key: 'a',
    alg: 'ES256',
  },
  legacy: {
    header: { alg: 'RS256', typ: 'JWT', kid: 'rsa' },
    claims: {
      iss: 'https://legacy.corpus.test/tenant-1/v2.0',
      aud: MCP,
      sub: 'alice',
      cid: 'desk',
      scp: ['orders:read'],
      token_use: 'access',
      person: { kind: 'employee', anonymous: false },
      org: { id: 'acme' },
      realm_access: { roles: ['clerk'] },
      jti: 'one',
      ...TIMES,
    },
    key: 'rsa',
    alg: 'RS256',
  },
  named: {
    header: { alg: 'ES256', typ: 'at+jwt', kid: 'a' },
    claims: {
      iss: 'acme.com',
      aud: ORIGIN,
      sub: 'alice',
      client_id: 'desk',
      scope: 'orders:read',
      jti: 'one',
      ...TIMES,
    },
    key: 'a',
    alg: 'ES256',
  },
  /** The issuer of a case that has its own keys or metadata. Its `iss` is filled in. */
  own: {
    header: { alg: 'ES256', typ: 'at+jwt', kid: 'a' },
    claims: {
      aud: MCP,
      sub: 'alice',
      client_id: 'desk',
      sub_profile: 'user',
      tenant: 'acme',
      scope: 'orders:read',
      jti: 'one',
      ...TIMES,
    },
    key: 'a',
    alg: 'ES256',
  },
};
