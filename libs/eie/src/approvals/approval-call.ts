import { type AdmittedIdentity, EieError, type RequestedApproval, type ShownField } from 'execution-identity';
import { canonicalJson, compositeKey, digest, oneLine, principalKey } from 'execution-identity/internal';
import { type ApprovalPolicy } from '../record/handler-entry.js';
import { agentsOf } from './may-decide.js';
import { shownAt, Unshowable } from './shown-value.js';

/** One call of a tool that needs an approval. */
export interface ApprovalCall {
  readonly identity: AdmittedIdentity;
  readonly policy: ApprovalPolicy;
  /** The MCP route: its identifier and its path. */
  readonly route: string;
  readonly handler: string;
  /** As the model has sent them: an approval is for these and no others. */
  readonly args: unknown;
  /** What the tool gets of them: the approver sees parts of it. */
  readonly input: unknown;
  readonly traceId: string;
}

/** Seconds: the client waits with its question open, or a person has to come by. */
const LIFETIMES = { client: 600, self: 3600, another: 3600 } as const;
const FIX =
  'Let @RequireApproval() show fields that are texts, numbers, booleans, dates, or lists and objects of these: of a class with methods or accessors, name the fields by themselves. Its approver would see less than the tool gets.';
/** Characters of one value. */
const MAX_SHOWN = 500;

/**
 * What a new approval of this call says.
 *
 * @param asked `id`: random; `server`: the `resource` of this one; `now`: seconds since the epoch
 * @returns `undefined` for arguments that have no canonical form
 * @throws EieError `input_invalid` for a field that cannot be shown as the tool gets it: see {@link shownValue}
 */
export function requestedApproval(
  call: ApprovalCall,
  { id, server, now }: { readonly id: string; readonly server: string; readonly now: number },
): RequestedApproval | undefined {
  const { identity, policy, handler, input } = call;
  const { actor, agent } = identity;
  const binding = bindingOf(call, id);
  if (binding === undefined) return undefined;
  return {
    id,
    binding,
    by: policy.by,
    requester: {
      issuer: actor.issuer,
      sub: actor.sub,
      ...(actor.tenant !== undefined && { tenant: actor.tenant }),
      client_id: agent.client_id,
      ...(identity.sessionId !== undefined && { sid: identity.sessionId }),
      agents: agentsOf(agent),
    },
    server,
    handler,
    reason: policy.reason,
    shown: policy.show.map(field => shownField(field, textAt(field, input))),
    requestedAt: now,
    expiresAt: now + LIFETIMES[policy.by],
  };
}

/**
 * What an approval is for: the principal (issuer, user, tenant, client, agents), the route, the tool, the arguments, and what the tool gets for the
 * fields that are shown: the application may make something else of the same arguments later. A client that asks by itself names the approval when
 * it calls again, so there each question is its own. Anybody else is asked once about calls that are the same.
 *
 * @returns `undefined` for arguments that have no canonical form
 * @throws EieError `input_invalid` for a field that cannot be shown as the tool gets it
 */
export function bindingOf({ identity, policy, route, handler, args, input }: ApprovalCall, id: string) {
  const canonical = canonicalJson(args);
  if (canonical === undefined) return undefined;
  const question = policy.by === 'client' ? id : undefined;
  const shown = policy.show.flatMap(field => [field, textAt(field, input)]);
  const key = compositeKey('approval', policy.by, question, route, principalKey(identity), handler, canonical);
  return digest(compositeKey(key, ...shown));
}

/** All of a value, as canonical JSON; `undefined` where it is not given. */
function textAt(field: string, input: unknown): string | undefined {
  try {
    const value = shownAt(field.split('.'), input);
    return value === undefined ? undefined : canonicalJson(value);
  } catch (error) {
    if (!(error instanceof Unshowable)) throw error;
    throw new EieError('input_invalid', { finding: { claim: `show: ${field}`, fix: FIX } });
  }
}

/** A value as an approver can read it. It cannot look like more than one line: the model has chosen it. */
function shownField(field: string, json: string | undefined): ShownField {
  const text = json === undefined ? '(not given)' : oneLine(json);
  const rest = text.length - MAX_SHOWN;
  return { field, value: rest > 0 ? `${text.slice(0, MAX_SHOWN)}… (${rest} characters more)` : text };
}
