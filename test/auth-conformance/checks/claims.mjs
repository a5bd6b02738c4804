import { skip, unmet } from '../outcome.mjs';
import { MCP, rfc } from '../references.mjs';
import { challengesIn } from '../wire/challenge.mjs';
import { metadataDocument } from './metadata.mjs';

/** A token of one role, refused in each era; the check is skipped where there is no such token. */
const refused = (role, request) => async subject => subject.refuses({ [role]: await subject.tokens.of(role) }, request);

export const checks = [
  {
    id: 'server-auth-valid-token-accepted',
    name: 'ValidTokenAccepted',
    level: 'MUST',
    description: 'A valid token is served; without this, no refusal would show anything',
    specReferences: [MCP.tokenHandling],
    async run(subject) {
      const asked = await subject.control();
      const needed = subject.protocolVersions ?? [];
      const isMet = needed.length ? asked.every(({ isServed }) => isServed) : asked.some(({ isServed }) => isServed);
      if (!isMet)
        unmet(
          `a valid token was answered ${asked.map(({ era, status, outcome }) => `${status} (${era}, ${outcome})`).join(' and ')}`,
        );
      return { eras: asked };
    },
  },
  {
    id: 'server-auth-garbage-401',
    name: 'GarbageTokenRefused',
    level: 'MUST',
    description: 'A token that nobody issued is answered 401',
    specReferences: [MCP.tokenHandling],
    run: subject =>
      subject.refuses({ foo: 'foo', 'looks like a JWT': 'eyJhbGciOiJSUzI1NiJ9.e30.AAAA', '8 KB': 'a'.repeat(8000) }),
  },
  {
    id: 'server-auth-aud-mismatch-401',
    name: 'OtherAudienceRefused',
    level: 'MUST',
    description:
      'A token of the trusted issuer for another audience is answered 401, also where its name resembles that of this server',
    specReferences: [MCP.tokenHandling, MCP.audience, rfc(8707, '2'), rfc(7519, '4.1.3')],
    async run(subject) {
      const { tokens, resource } = subject;
      const alike = tokens.canSign
        ? {
            'ours as a prefix': await tokens.signed({ aud: `${resource}.other.example` }),
            'several others': await tokens.signed({ aud: ['https://one.example', 'https://two.example'] }),
          }
        : {};
      return subject.refuses({ 'another server': await tokens.of('otherAudience'), ...alike });
    },
  },
  {
    id: 'server-auth-aud-missing-401',
    name: 'MissingAudienceRefused',
    level: 'MUST',
    description: 'A token without an audience is answered 401',
    specReferences: [MCP.privilege, rfc(9068, '4')],
    run: async subject =>
      subject.refuses({
        'no aud': await subject.tokens.signed({ aud: undefined }),
        'empty aud': await subject.tokens.signed({ aud: [] }),
      }),
  },
  {
    id: 'server-auth-foreign-issuer-401',
    name: 'ForeignIssuerRefused',
    level: 'MUST',
    description: 'A token that names another issuer is answered 401',
    specReferences: [MCP.tokenHandling, rfc(9068, '4')],
    run: refused('foreignIssuer'),
  },
  {
    id: 'server-auth-expired-401',
    name: 'ExpiredRefused',
    level: 'MUST',
    description: 'An expired token is answered 401',
    specReferences: [MCP.tokenHandling, rfc(7519, '4.1.4')],
    run: refused('expired'),
  },
  {
    id: 'server-auth-expired-401-even-without-scope',
    name: 'ExpiredBeforeScope',
    level: 'MUST',
    description:
      'An expired token that also lacks the scope of the tool is answered 401: nothing it says counts any more, and a client must not be sent to ask for more scopes',
    specReferences: [MCP.tokenHandling, MCP.errorHandling],
    run: async subject =>
      subject.refuses(
        { 'expired, without the scope': await subject.tokens.of('expiredMissingScope') },
        { tool: subject.tool('scoped') },
      ),
  },
  {
    id: 'server-auth-not-yet-valid-401',
    name: 'NotYetValidRefused',
    level: 'MUST',
    description: 'A token that is valid from the next hour on is answered 401',
    specReferences: [rfc(7519, '4.1.5')],
    run: refused('notYetValid'),
  },
  {
    id: 'server-auth-no-expiry-401',
    name: 'NoExpiryRefused',
    level: 'SHOULD',
    description: 'A token that never expires is answered 401',
    specReferences: [rfc(9068, '2.2'), MCP.tokenTheft],
    run: refused('noExpiry', { level: 'SHOULD' }),
  },
  {
    id: 'server-auth-id-token-401',
    name: 'IdTokenRefused',
    level: 'MUST',
    description: 'An ID token, which is for the client, is answered 401',
    specReferences: [MCP.tokenHandling, rfc(9068, '4')],
    run: refused('idToken'),
  },
  {
    id: 'server-auth-id-token-own-audience-401',
    name: 'IdTokenOfOwnClientRefused',
    level: 'SHOULD',
    description:
      'An ID token whose audience is this server, since it is also a client, is answered 401: the type of a token tells them apart',
    specReferences: [rfc(9068, '4'), rfc(8725, '3.11')],
    async run(subject) {
      const { header } = await subject.tokens.template();
      if (!/^(application\/)?at\+jwt$/i.test(header.typ ?? '')) skip('access tokens here do not have the type at+jwt');
      return subject.refuses(
        {
          'typ JWT, with a nonce': await subject.tokens.signed(
            { nonce: 'n-0S6_WzA2Mj', client_id: undefined, scope: undefined },
            { typ: 'JWT' },
          ),
        },
        { level: 'SHOULD' },
      );
    },
  },
  {
    id: 'server-auth-cnf-not-downgraded',
    name: 'BoundTokenIsNoBearerToken',
    level: 'SHOULD',
    description:
      'A token that is bound to a key is answered 401 when it is sent as a bearer token; a MUST where the server takes DPoP',
    specReferences: [rfc(9449, '7.2')],
    run: async subject =>
      subject.refuses(
        { 'bound by cnf.jkt': await subject.tokens.of('keyBound') },
        { level: (await takesDpop(subject)) ? 'MUST' : 'SHOULD' },
      ),
  },
];

/** Whether the server says that it takes tokens with proofs. */
export async function takesDpop(subject) {
  const { answer } = await subject.probe((await subject.eras())[0], []);
  if (challengesIn(answer.headers['www-authenticate']).some(({ scheme }) => scheme === 'dpop')) return true;
  return metadataDocument(subject).then(
    document => document.dpop_signing_alg_values_supported !== undefined,
    () => false,
  );
}
