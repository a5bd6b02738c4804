import { badProof, badToken, type Case } from './case.js';
import { bearer, ME } from './kit.js';

const ABSOLUTE = 'RFC 9112 §3.2.2';

const target = (
  id: string,
  sent: string,
  htu: string,
  expectation: Case['expectation'],
  more?: Partial<Case>,
): Case => ({
  id,
  source: ABSOLUTE,
  expectation,
  request: ({ bound, withProof }) => withProof(bound, { claims: { htu } }, { target: sent }),
  ...more,
});

/** Node refuses every `:path` of HTTP/2 that is no path. */
const HTTP2 = { source: 'RFC 9113 §8.3.1', site: 'http2', adapters: ['fastify'] } as const;

/** Request targets. */
export const targetCases: Case[] = [
  target('origin-form', '/me?x=http://evil.test/', ME, 'accepted'),
  target('absolute-form', 'http://mcp.shop.test/me', ME, 'accepted'),
  target('absolute-form-host', 'http://evil.test/me', 'http://evil.test/me', badProof()),
  target('absolute-form-own', 'http://evil.test/me', ME, 'accepted'),
  target('http2', '/me?x=http://evil.test/', ME, 'accepted', HTTP2),
  target('http2-host', '/me', 'https://evil.test/me', badProof(), HTTP2),
  // Only Express routes a target with another scheme, as if it were `/me`.
  target('scheme-joined', 'm://x/me', 'https://mcp.shop.testm://x/me', badProof(), { adapters: ['express'] }),
  target('scheme-own', 'm://x/me', ME, badProof(), { adapters: ['express'] }),
];

/** Where the server is reached, what its issuers demand, and what it says of both. */
export const addressCases: Case[] = [
  {
    id: 'public-url',
    source: 'RFC 9449 §4.3 no. 9',
    site: 'prefixed',
    expectation: 'accepted',
    request: ({ bound, withProof }) => withProof(bound, { claims: { htu: 'https://example.com/shop/me' } }),
  },
  ...[ME, 'https://example.com/me', 'https://mcp.shop.test/shop/me'].map((htu): Case => ({
    id: `public-url-other-${htu}`,
    source: 'RFC 9449 §4.3 no. 9',
    site: 'prefixed',
    expectation: badProof(),
    request: ({ bound, withProof }) => withProof(bound, { claims: { htu } }),
  })),
  {
    id: 'required-bearer',
    source: 'RFC 9728 §2, dpop_bound_access_tokens_required',
    site: 'required',
    expectation: badToken('key_binding_refused'),
    request: ({ unbound }) => ({ headers: bearer(unbound) }),
    also: ({ headers }) => (headers['www-authenticate']?.includes('Bearer') ? 'Bearer is offered' : undefined),
  },
  {
    id: 'required-none',
    source: 'RFC 9449 §7.1',
    site: 'required',
    expectation: { reason: 'credentials_missing', challenge: 'DPoP resource_metadata=' },
    request: () => ({}),
  },
  {
    id: 'required-certificate',
    source: 'RFC 9728 §2, dpop_bound_access_tokens_required',
    site: 'required',
    expectation: badToken('key_binding_refused'),
    request: ({ certified }) => ({ headers: bearer(certified) }),
  },
  {
    id: 'required-proof',
    source: 'RFC 9449 §7.1',
    site: 'required',
    expectation: 'accepted',
    request: ({ bound, withProof }) => withProof(bound),
  },
  metadata('required', { dpop_bound_access_tokens_required: true }),
  metadata('plain', {
    dpop_bound_access_tokens_required: undefined,
    tls_client_certificate_bound_access_tokens: undefined,
  }),
  metadata('proxied', { tls_client_certificate_bound_access_tokens: true }),
];

function metadata(site: 'required' | 'plain' | 'proxied', expected: Readonly<Record<string, unknown>>): Case {
  return {
    id: `metadata-${site}`,
    source: 'RFC 9728 §2',
    site,
    expectation: 'accepted',
    request: () => ({ target: '/.well-known/oauth-protected-resource/mcp' }),
    also({ body }) {
      const document = JSON.parse(body) as Record<string, unknown>;
      const isRight =
        (document.dpop_signing_alg_values_supported as string[]).includes('ES256') &&
        Object.entries(expected).every(([name, value]) => document[name] === value);
      return isRight ? undefined : `the metadata is ${body}`;
    },
  };
}
