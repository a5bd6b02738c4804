import { type Mode } from './mode.js';
import { provenToken } from './returned-token.js';

/** The server calls as itself (client credentials); the user travels in the Txn-Token alone. */
export const serviceIdentity: Mode = {
  forUser: false,
  async obtain({ target, scopes, tokens, now }) {
    const answer = await tokens.clientCredentials(target, scopes);
    return provenToken(answer, { issuer: target.issuer, audience: target.resource, sub: answer.clientId, scopes, act: [] }, now);
  },
};
