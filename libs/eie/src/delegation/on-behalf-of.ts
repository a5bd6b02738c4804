import { inboundChain } from '../envelope/issue.js';
import { type Mode, subjectToken } from './mode.js';
import { provenToken } from './returned-token.js';

/** The server calls for the user (RFC 8693 §1.1, delegation): `sub` stays the user, `act` is this server over the inbound chain. */
export const onBehalfOf: Mode = {
  forUser: true,
  async obtain(call) {
    const { envelope, target, scopes, tokens, now } = call;
    const inbound = subjectToken(call);
    const answer = await tokens.exchange(target, scopes, inbound);
    const act = [{ issuer: target.issuer, sub: answer.clientId }, ...inboundChain(envelope)];
    return provenToken(answer, { issuer: target.issuer, audience: target.resource, sub: envelope.actor.sub, scopes, act, inbound }, now);
  },
};
