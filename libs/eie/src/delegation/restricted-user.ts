import { inboundChain } from '../envelope/issue.js';
import { type Mode, subjectToken } from './mode.js';
import { provenToken } from './returned-token.js';

/**
 * For a target that cannot read `act`: the user's token is issued anew for that one audience, with fewer scopes. This
 * server adds no actor; an inbound chain stays.
 */
export const restrictedUser: Mode = {
  forUser: true,
  async obtain(call) {
    const { envelope, target, scopes, tokens, now } = call;
    const inbound = subjectToken(call);
    const answer = await tokens.exchange(target, scopes, inbound);
    const act = inboundChain(envelope);
    return provenToken(answer, { issuer: target.issuer, audience: target.resource, sub: envelope.actor.sub, scopes, act, inbound }, now);
  },
};
