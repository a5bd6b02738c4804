import { type ExecutionIdentityEnvelope } from '../identity/execution-identity-envelope.js';
import { printable } from '../printable.js';
import { type AccessToken } from '../token/access-token.js';
import { type ReceiverPolicy } from './receiver-policy.js';

/** Why an access token and an envelope do not agree, for an operator. Both credentials are verified: what they say may be told. */
export function disagreement(token: AccessToken, envelope: ExecutionIdentityEnvelope, policy: ReceiverPolicy): string {
  const { clientId, type, act } = token;
  const { mode } = envelope.delegation;
  const what = `The access token is of a ${type}, through the client ${printable(clientId)}; the Txn-Token was sealed by ${printable(envelope.meta.issuer)} in the mode ${mode}.`;
  const isDelegated = mode === 'on_behalf_of' && type === 'user' && !isForwarded(envelope, policy);
  if (isDelegated && !act.length) return `${what} ${NO_ACTOR}`;
  const otherwise = isOfOtherTenant(token, envelope) ? OTHER_TENANT : OTHERWISE;
  return `${what} ${presenterFix(token, envelope, policy, isDelegated) ?? otherwise}`;
}

const isOfOtherTenant = ({ issuer, sub, tenant }: AccessToken, { actor }: ExecutionIdentityEnvelope): boolean =>
  issuer === actor.issuer && sub === actor.sub && tenant !== actor.tenant;

const isForwarded = ({ delegation: { allowed } }: ExecutionIdentityEnvelope, { service }: ReceiverPolicy): boolean =>
  allowed[0] !== service;

/** What keeps the sender from being a presenter, if that is it. */
function presenterFix(
  token: AccessToken,
  envelope: ExecutionIdentityEnvelope,
  policy: ReceiverPolicy,
  isDelegated: boolean,
): string | undefined {
  const sender = isDelegated ? token.act[0]! : { issuer: token.issuer, sub: token.clientId };
  const forwards = isForwarded(envelope, policy);
  const listed = policy.presenters.filter(({ clientId }) => clientId === sender.sub);
  const here = listed.filter(({ workload }) => workload === envelope.meta.issuer);
  const known = here.filter(({ issuer }) => issuer === sender.issuer);
  if (known.some(one => (one.forwards ?? false) === forwards)) return undefined;
  if (known.length) return forwards ? FORWARDS : CALLS_ITSELF;
  const client = `the client ${printable(sender.sub)} of ${printable(sender.issuer)}`;
  if (here.length)
    return `Its presenters name ${printable(here[0]!.issuer)} as the issuer, and not ${client}. ${SAME_TEXT}`;
  if (listed.length)
    return `Among the presenters, ${client} stands under the server ${printable(listed[0]!.workload)} alone. ${SAME_TEXT}`;
  return `Add ${client} to presenters of that server in trust.issuers[].`;
}

const SAME_TEXT = 'Both must be the same text, the slash at the end included.';
const FORWARDS = 'The call was passed on by this client: its presenter needs "forwards: true".';
const CALLS_ITSELF =
  'The call was not passed on: a presenter with "forwards: true" is not the server itself. Add one without it.';
const NO_ACTOR =
  'That mode wants a token that names the server as actor ("act"), and this one names nobody: if its issuer never does, the target of the caller has the mode restricted_user.';
const OTHER_TENANT =
  'Both are of the same user, but not of the same tenant, or one names none: have the issuer write the same tenant into the tokens for this service as into those for the server that calls.';
const OTHERWISE = 'See whether both are of the same user and agents.';
