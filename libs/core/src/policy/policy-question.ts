import { type AdmittedIdentity } from '../identity/admitted-identity.js';
import { type Agent, type DelegationMode, type EnvelopeParts } from '../identity/execution-identity-envelope.js';

/** The parts of an identity that a decision is about. */
export type DecidedIdentity = Pick<AdmittedIdentity | EnvelopeParts, 'actor' | 'agent' | 'authorization'>;

/** What a call adds to the question beside the identity and the name of the handler. */
export interface QuestionDetails {
  /** The targets that the handler declares, and how each is called. */
  readonly targets?: PolicyQuestion['context']['targets'];
  /** W3C trace id, 32 hex digits. */
  readonly traceId?: string;
  /** Plain JSON: those arguments of the call that its tool lets a policy see. */
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/**
 * What a policy engine is asked about one call, in the form of an AuthZEN access evaluation request (OpenID Authorization API 1.0, section 6.1):
 * it is sent to a policy decision point as it is. All of it is verified or configured, except `trace_id`, which callers choose, and
 * `arguments`, which the model chooses. It holds NO token.
 */
export interface PolicyQuestion {
  /** The actor: on whose behalf the call runs. */
  readonly subject: {
    readonly type: 'user' | 'service';
    /** The `sub`. It says who it is only together with `properties.issuer`. */
    readonly id: string;
    readonly properties: {
      readonly issuer: string;
      readonly tenant?: string;
      /** Empty where the token has none. */
      readonly roles: readonly string[];
    };
  };
  /** The tool or handler, as the audit log names it. */
  readonly action: { readonly name: string };
  /** The server whose handler it is, by its resource identifier (RFC 8707). */
  readonly resource: { readonly type: 'server'; readonly id: string };
  readonly context: {
    /** Who executes for the subject, and for whom that agent acts: `chain`, outermost first. */
    readonly agent: Pick<Agent, 'id' | 'issuer' | 'client_id' | 'source' | 'chain'> & {
      /** Whether the operator has registered this agent, as a name without an issuer in `@RequireAgent()` demands. */
      readonly registered: boolean;
    };
    readonly tenant?: string;
    readonly scopes: readonly string[];
    /** The targets that the handler may call, and how. Empty where it declares none. */
    readonly targets: readonly { readonly name: string; readonly mode: DelegationMode }[];
    readonly acr?: string;
    /** Seconds since the epoch. */
    readonly auth_time?: number;
    /** Absent where the question is about a list: nothing is called yet. */
    readonly trace_id?: string;
    /** Only in a call, and only of a tool that names them in `policyArguments`: as they were validated, and as the tool gets them. */
    readonly arguments?: Readonly<Record<string, unknown>>;
  };
}

/**
 * The question about one call.
 *
 * @param operation the tool or handler, as the audit log names it
 * @param resource the identifier of the server
 * @example policyQuestion(identity, 'get_order_status', 'https://mcp.shop.example', { traceId })
 */
export function policyQuestion(
  { actor, agent, authorization }: DecidedIdentity,
  operation: string,
  resource: string,
  { targets = [], traceId, arguments: args }: QuestionDetails = {},
): PolicyQuestion {
  const { type, issuer, sub, tenant } = actor;
  const { id, client_id, source, chain, registered = false } = agent;
  const { scopes, roles = [], acr, authenticated_at } = authorization;
  const ofTenant = tenant !== undefined && { tenant };
  return {
    subject: { type, id: sub, properties: { issuer, ...ofTenant, roles } },
    action: { name: operation },
    resource: { type: 'server', id: resource },
    context: {
      agent: { id, issuer: agent.issuer, client_id, source, registered, chain },
      ...ofTenant,
      scopes,
      targets,
      ...(acr !== undefined && { acr }),
      ...(authenticated_at !== undefined && { auth_time: authenticated_at }),
      ...(traceId !== undefined && { trace_id: traceId }),
      ...(args && { arguments: args }),
    },
  };
}
