import { Client, DpopSession, StreamableHTTPClientTransport, withDpop } from '@modelcontextprotocol/client';
import * as oauth from 'oauth4webapi';
import { badProof, type Case } from './case.js';
import { type Kit, ME } from './kit.js';
import { type Site, type SiteAnswer } from './sites.js';

const NONCE = 'RFC 9449 §9';
const required = { reason: 'proof_nonce_required', challenge: 'DPoP error="use_dpop_nonce"' };

/** A nonce that a page may read as well. */
function withoutNonce({ headers }: SiteAnswer): string | undefined {
  const exposed = String(headers['access-control-expose-headers']);
  if (!headers['dpop-nonce']) return 'the answer has no nonce';
  return exposed.includes('DPoP-Nonce') ? undefined : `a page cannot read the nonce: ${exposed}`;
}

/** A client that believes to call the public URL. */
const through =
  (site: Site): typeof fetch =>
  (input, init) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    return fetch(new URL(pathname + search, site.url), init);
  };

/** Nonces, by hand and by the clients that others use. */
export const nonceCases: Case[] = [
  {
    id: 'nonce-none',
    source: NONCE,
    site: 'nonces',
    expectation: required,
    request: ({ bound, withProof }) => withProof(bound, {}, { headers: ['Origin', 'https://app.test'] }),
    also: withoutNonce,
  },
  {
    id: 'nonce-foreign',
    source: NONCE,
    site: 'nonces',
    expectation: required,
    request: ({ bound, withProof }) => withProof(bound, { claims: { nonce: 'a'.repeat(43) } }),
    also: withoutNonce,
  },
  {
    id: 'nonce',
    source: NONCE,
    site: 'nonces',
    expectation: 'accepted',
    async request({ bound, withProof }, site) {
      const { headers } = await site.send(await withProof(bound));
      return withProof(bound, { claims: { nonce: headers['dpop-nonce'] } });
    },
    also: withoutNonce,
  },
  {
    id: 'nonce-bad-proof',
    source: 'RFC 9449 §7.1',
    site: 'nonces',
    expectation: badProof(),
    request: ({ bound, withProof }) => withProof(bound, { claims: { htm: 'POST' } }),
    also: withoutNonce,
  },
  {
    id: 'nonce-bearer',
    source: NONCE,
    site: 'nonces',
    expectation: 'accepted',
    request: ({ unbound }) => ({ headers: ['Authorization', `Bearer ${unbound}`] }),
    also: ({ headers }) => (headers['dpop-nonce'] ? 'a bearer token gets a nonce' : undefined),
  },
  roundTrip('oauth4webapi', askByOauth4webapi),
  roundTrip('mcp-client', askByMcpClient),
];

function roundTrip(client: string, ask: (kit: Kit, site: Site) => Promise<string | undefined>): Case {
  return {
    id: `nonce-${client}`,
    source: NONCE,
    site: 'nonces',
    expectation: required,
    // For the answer: what is judged is what the client does with one like it.
    request: ({ bound, withProof }) => withProof(bound),
    also: (_answer, kit, site) => ask(kit, site),
  };
}

async function askByOauth4webapi({ bound, key }: Kit, site: Site): Promise<string | undefined> {
  const options = { DPoP: oauth.DPoP({}, key), [oauth.customFetch]: through(site) as never };
  const ask = () => oauth.protectedResourceRequest(bound, 'GET', new URL(ME), undefined, null, options);
  const error: unknown = await ask().catch((thrown: unknown) => thrown);
  if (!oauth.isDPoPNonceError(error)) return `it does not understand the challenge: ${String(error)}`;
  const { status } = await ask();
  return status === 200 ? undefined : `the second request is answered ${status}`;
}

async function askByMcpClient({ issuer }: Kit, site: Site): Promise<string | undefined> {
  const session = await DpopSession.create();
  const token = await issuer.token({ cnf: { jkt: session.thumbprint } });
  const client = new Client({ name: 'interop', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  const url = new URL('https://mcp.shop.test/mcp');
  const dpopFetch = withDpop(session, () => Promise.resolve(token))(through(site));
  await client.connect(new StreamableHTTPClientTransport(url, { fetch: dpopFetch }));
  const { isError } = await client.callTool({ name: 'whoami', arguments: {} });
  await client.close();
  if (isError) return 'its call fails';
  return session.nonceFor(url) === undefined ? 'it was never asked for a nonce' : undefined;
}
