import { exportJWK, generateKeyPair } from 'jose';

export const SCOPES = ['orders:read', 'orders:write'];

const CLOSING = { name: 'close_account', arguments: { account: 'A' } };

/** The tools that all of our own servers have, as the config names them. */
export const TOOLS = {
  open: { name: 'whoami' },
  whoami: { name: 'whoami' },
  scoped: { name: 'cancel_order', arguments: { order_id: 'A-1001' }, scopes: ['orders:write'] },
  downstream: { name: 'get_order_status', arguments: { order_id: 'A-1001' } },
  rounds: {
    ...CLOSING,
    answers: { sure: { action: 'accept', content: { sure: true } } },
    others: [
      { ...CLOSING, arguments: { account: 'B' } },
      { ...CLOSING, name: 'close_company' },
    ],
  },
  handle: {
    create: { name: 'open_basket' },
    handleAt: '/content/0/text/basket',
    use: { name: 'read_basket', arguments: { basket: '{handle}' } },
  },
};

/** An issuer of which there is only its key: alice may do everything, bob is another user of the same client. */
export async function startIssuer(resource) {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const named = { kid: 'login-1', alg: 'ES256', use: 'sig' };
  const issuer = 'https://login.shop.test';
  const claims = {
    iss: issuer,
    aud: resource,
    sub: 'alice',
    client_id: 'assistant',
    sub_profile: 'user',
    scope: SCOPES.join(' '),
  };
  return {
    issuer,
    resource,
    publicJwk: { ...(await exportJWK(pair.publicKey)), ...named },
    /** The config of a server that trusts it. */
    config: {
      resource,
      tokens: {
        sign: {
          key: { ...(await exportJWK(pair.privateKey)), ...named },
          header: { typ: 'at+jwt' },
          claims,
          secondUser: { sub: 'bob' },
          missingScope: { scope: 'orders:read' },
          broaderScope: { scope: 'orders:admin' },
        },
      },
      tools: TOOLS,
    },
  };
}
