import { claim, each, listOf, Rule } from './case.js';
import { LOGIN, MCP, ORIGIN, USERINFO } from './genuine.js';

const OTHER = 'https://billing.corpus.test';
const pathless = (aud: unknown) => ({ issuer: 'named', claims: { aud } });

/** Identifiers are compared code point by code point (RFC 3986 §6.2.1); only a resource without a path has two spellings. */
const ALMOST = (url: string, host: string): Record<string, string> => ({
  'capital-host': url.replace(host, host.toUpperCase()),
  'capital-scheme': url.replace('https', 'HTTPS'),
  http: url.replace('https', 'http'),
  'no-scheme': url.replace('https://', ''),
  'default-port': url.replace(host, `${host}:443`),
  'other-port': url.replace(host, `${host}:8443`),
  'user-info': url.replace(host, `mcp@${host}`),
  'dot-behind-the-host': url.replace(host, `${host}.`),
  'longer-host': url.replace(host, `${host}.evil.example`),
  'shorter-host': url.replace(host, host.split('.').slice(1).join('.')),
  homoglyph: url.replace('corpus', 'c\u043erpus'),
  query: `${url}?`,
  'query-with-value': `${url}?x=1`,
  fragment: `${url}#`,
  'space-before': ` ${url}`,
  'space-behind': `${url} `,
  'nul-behind': `${url}\u0000`,
  'line-break-behind': `${url}\n`,
  'zero-width-space-behind': `${url}\u200b`,
  'first-letters': url.slice(0, -1),
  'with-a-further-letter': `${url}x`,
  'two-slashes-behind': `${url}//`,
  wildcard: url.replace(host, '*'),
});

export default [
  new Rule('claims', 'aud', 'RFC 7519 §4.1.3; RFC 8707 §2; DESIGN §4.5')
    .legal({
      ...claim('aud', {
        'list-of-one': [MCP],
        'list-of-the-same': [MCP, MCP],
        'list-with-a-tolerated-one': [MCP, USERINFO],
        'list-that-begins-with-a-tolerated-one': [USERINFO, MCP],
        'two-of-ours': ['api://mcp', MCP],
        'an-identifier-that-is-no-url': 'api://mcp',
        'tolerated-one-with-a-slash': [MCP, 'https://status.corpus.test/'],
      }),
      'pathless-with-a-slash': pathless(`${ORIGIN}/`),
      'pathless-in-both-spellings': pathless([ORIGIN, `${ORIGIN}/`]),
    })
    .illegal('audience_refused', {
      missing: { withoutClaims: ['aud'] },
      ...claim('aud', {
        null: null,
        'empty-text': '',
        number: 7,
        true: true,
        object: { aud: MCP },
        'object-like-a-list': { 0: MCP, length: 1 },
        'empty-list': [],
        another: OTHER,
        'tolerated-alone': USERINFO,
        'list-of-tolerated': [USERINFO, 'https://status.corpus.test'],
        'list-with-another': [MCP, OTHER],
        'list-that-begins-with-another': [OTHER, MCP],
        'list-with-null': [MCP, null],
        'list-with-number': [MCP, 1],
        'list-with-empty-text': [MCP, ''],
        'list-in-a-list': [[MCP]],
        'list-with-an-object': [MCP, { aud: MCP }],
        'two-in-one-text': `${MCP} ${USERINFO}`,
        'two-with-comma': `${MCP},${USERINFO}`,
        'json-text-of-a-list': JSON.stringify([MCP]),
        'the-issuer': LOGIN,
        'the-client': 'desk',
        'slash-behind-a-path': `${MCP}/`,
        'path-below': `${MCP}/tools`,
        'path-above': ORIGIN,
        'path-in-capitals': `${ORIGIN}/MCP`,
        'path-with-dots': `${ORIGIN}/x/../mcp`,
        'path-percent-encoded': `${ORIGIN}/%6dcp`,
        ...ALMOST(MCP, 'mcp.corpus.test'),
      }),
      ...each(
        {
          'pathless-with-two-slashes': `${ORIGIN}//`,
          'pathless-with-a-path': `${ORIGIN}/mcp`,
          'pathless-with-a-query': `${ORIGIN}/?`,
          'pathless-with-a-dot': `${ORIGIN}/.`,
          'pathless-in-capitals-with-a-slash': `${ORIGIN.toUpperCase()}/`,
          'list-of-300-others': listOf('https://#.corpus.test', 300),
          'pathless-of-another': `${OTHER}/`,
        },
        pathless,
      ),
    }),
  new Rule('claims', 'iss', 'RFC 7519 §4.1.1; RFC 9207 §2.4; RFC 8725 §3.8')
    .legal({
      'no-url': { issuer: 'named' },
      'with-path-and-version': { issuer: 'legacy' },
      'with-escaped-slashes': { claimsText: '{…,"x":"\\/"}', claims: { iss: LOGIN } },
    })
    .illegal('issuer_unknown', {
      missing: { withoutClaims: ['iss'] },
      'in-the-header-alone': { withoutClaims: ['iss'], header: { iss: LOGIN } },
      ...claim('iss', {
        null: null,
        'empty-text': '',
        number: 1,
        true: true,
        list: [LOGIN],
        object: { iss: LOGIN },
        another: 'https://other.corpus.test',
        'slash-behind': `${LOGIN}/`,
        'prototype-name': '__proto__',
        'constructor-name': 'constructor',
        'of-4000': { $repeat: 'x', $times: 4000 },
        'two-in-one-text': `${LOGIN} https://legacy.corpus.test/tenant-1/v2.0`,
        'the-resource': MCP,
        ...ALMOST(LOGIN, 'login.corpus.test'),
      }),
      ...each(
        {
          'no-url-in-capitals': 'ACME.com',
          'no-url-as-a-url': 'https://acme.com',
          'no-url-with-a-slash': 'acme.com/',
          'path-with-another-tenant': 'https://legacy.corpus.test/tenant-2/v2.0',
          'path-with-dots': 'https://legacy.corpus.test/tenant-2/../tenant-1/v2.0',
          'path-with-a-slash': 'https://legacy.corpus.test/tenant-1/v2.0/',
          'path-of-the-other-version': 'https://legacy.corpus.test/tenant-1/v1.0',
        },
        iss => ({ claims: { iss } }),
      ),
    })
    .illegal('algorithm_refused', {
      'of-an-issuer-with-other-algorithms': { claims: { iss: 'https://legacy.corpus.test/tenant-1/v2.0' } },
    })
    .illegal('audience_refused', { 'of-an-issuer-for-another-resource': { claims: { iss: 'acme.com' } } }),
];
