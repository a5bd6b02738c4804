import { type EnvelopeParts } from 'execution-identity';
import { plainUrl } from '../../configuration/facts/described.js';
import { type ForeseenCall } from '../../delegation/call/foreseen-call.js';
import { type ExplainedCall } from './explanation.js';

/** What the API behind a target would get of a call. */
export function explainedCall(foreseen: ForeseenCall, envelope: EnvelopeParts): ExplainedCall {
  const { target, headers } = foreseen;
  return {
    url: plainUrl(target.baseUrl.href),
    token: tokenOf(foreseen),
    txn_token: sealedOf(foreseen, envelope),
    headers,
  };
}

function tokenOf({ target, scopes, parties }: ForeseenCall): ExplainedCall['token'] {
  if (!parties) return null;
  const { issuer, clientId: client_id, resource, audience, actEvidence: act_evidence } = target;
  // The first chain is the one that is asked for.
  const actors = parties.act[0] ?? [];
  return { issuer, client_id, resource, audience, scopes, subject: parties.subject, actors, act_evidence };
}

function sealedOf({ sealed }: ForeseenCall, { actor, agent }: EnvelopeParts): ExplainedCall['txn_token'] {
  if (!sealed) return null;
  const { authorization, delegation } = sealed;
  return {
    sub: actor.sub,
    tenant: actor.tenant ?? null,
    client_id: agent.client_id,
    actors: agent.chain,
    scopes: authorization.scopes,
    allowed: delegation.allowed,
    onward: { ...delegation.onward },
  };
}
