import { serviceKey } from '../exchange/cache-key.js';
import { type Mode } from './mode.js';
import { provenToken } from '../exchange/returned-token.js';

/** The server calls as itself (client credentials). Only the Txn-Token names the user. */
export const serviceIdentity: Mode = {
  parties: ({ target }) => ({ subject: { client: target.clientId }, act: [[]] }),
  obtain(call) {
    const { target, scopes, tokens, cache, now } = call;
    return cache.get(serviceKey(target, scopes), {
      notAfter: Infinity,
      ask: () => tokens.clientCredentials(target, scopes),
      prove: answer => provenToken(answer, { ...serviceIdentity.parties(call), scopes }, target, now()),
    });
  },
};
