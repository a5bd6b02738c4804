import { createLocalJWKSet, createRemoteJWKSet, customFetch, type JWTVerifyGetKey, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import { CONFIGURED, configuredKeys, profileOf } from './issuers.js';
import { loopbackFetch } from './issuer-server.js';
import { type Prepared, URL_OF_THE_CALL } from './prepared.js';
import { NOW } from './rules/genuine.js';

/** Whether another library takes a case, with settings that say the same; nothing where it has none of the kind. */
export type Oracle = (prepared: Prepared) => Promise<boolean | undefined>;

export const ORACLES: Readonly<Record<string, Oracle>> = { jose: byJose, oauth4webapi: byOauth };

const taken = (attempt: Promise<unknown>): Promise<boolean> =>
  attempt.then(
    () => true,
    () => false,
  );
const isConfigured = (profile: string): profile is keyof typeof CONFIGURED => profile in CONFIGURED;

/** `jwtVerify`: it reads no header of a request and no metadata. */
async function byJose({ case: { kind }, profile, token, own }: Prepared): Promise<boolean | undefined> {
  if (kind === 'authorization' || kind === 'metadata') return undefined;
  const { algorithms, audience, maxLifetime, accessTokenClaim, claims } = profileOf(profile);
  const keys: JWTVerifyGetKey = isConfigured(profile)
    ? createLocalJWKSet(configuredKeys(profile))
    : createRemoteJWKSet(new URL(own!.jwksUri), { [customFetch]: loopbackFetch });
  return taken(
    jwtVerify(token, keys, {
      algorithms,
      issuer: issuerOf(profile, own),
      audience: audience!,
      currentDate: new Date(NOW * 1000),
      maxTokenAge: maxLifetime!,
      requiredClaims: ['exp', 'sub', String(claims?.clientId ?? 'client_id')],
      ...(!accessTokenClaim && { typ: 'at+jwt' }),
    }),
  );
}

/** `validateJwtAccessToken`, behind `processDiscoveryResponse` for metadata. It knows tokens by RFC 9068 alone. */
async function byOauth(prepared: Prepared): Promise<boolean | undefined> {
  const { profile, own, case: one } = prepared;
  if (profile === 'legacy') return undefined;
  if (!one.metadata) return taken(validated(prepared, serverOf(prepared)));
  for (const algorithm of ['oidc', 'oauth2'] as const) {
    const issuer = new URL(own!.issuer);
    const request = { algorithm, [oauth.customFetch]: loopbackFetch, [oauth.allowInsecureRequests]: true } as never;
    const server = await oauth
      .discoveryRequest(issuer, request)
      .then(response => oauth.processDiscoveryResponse(issuer, response))
      .catch(() => undefined);
    if (server?.jwks_uri && (await taken(validated(prepared, server)))) return true;
  }
  return false;
}

const serverOf = ({ profile, own }: Prepared): oauth.AuthorizationServer => ({
  issuer: issuerOf(profile, own),
  jwks_uri: own?.jwksUri ?? 'http://127.0.0.1/jwks',
});

async function validated({ headers, profile, own }: Prepared, server: oauth.AuthorizationServer): Promise<unknown> {
  const lines = new Headers();
  for (let i = 0; i < headers.length; i += 2) lines.append(headers[i]!, headers[i + 1]!);
  const { algorithms, audience } = profileOf(profile);
  const fetched = own ? loopbackFetch : () => Promise.resolve(Response.json(configuredKeys(profile as 'plain')));
  // It reads the clock by itself: a second that ends meanwhile would make it another time.
  for (;;) {
    const second = Math.floor(Date.now() / 1000);
    const attempt = oauth.validateJwtAccessToken(
      { ...server },
      new Request(URL_OF_THE_CALL, { headers: lines }),
      audience![0]!,
      {
        signingAlgorithms: algorithms,
        [oauth.clockSkew]: NOW - second,
        [oauth.clockTolerance]: 0,
        [oauth.customFetch]: fetched,
        [oauth.allowInsecureRequests]: true,
      } as never,
    );
    await taken(attempt);
    if (Math.floor(Date.now() / 1000) === second) return attempt;
  }
}

const issuerOf = (profile: string, own: Prepared['own']): string =>
  own?.issuer ?? CONFIGURED[profile as keyof typeof CONFIGURED].issuer;
