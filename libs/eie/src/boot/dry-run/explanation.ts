import { type AgentRef, type ApproverKind, type DelegationMode, type EieErrorCode } from 'execution-identity';
import { type PostureHandler } from '../posture/posture-document.js';

/** Which party of a call refuses it. `server`: something that this server needs does not answer, or is not configured. */
export type Operand =
  'token' | 'agent' | 'tenant' | 'actor' | 'login' | 'policy' | 'revocation' | 'handler' | 'target' | 'server';

/** Why a call, or a call of a target in it, would be refused. It holds no claim of the token. */
export interface ExplainedRefusal {
  readonly code: EieErrorCode;
  readonly operand: Operand;
  readonly message: string;
  readonly fix: string;
  /** The claim or the option that decides. */
  readonly claim: string | null;
  /** What it would have to be. */
  readonly expected: readonly string[] | null;
  /** Every scope of the operation, where scopes are lacking. */
  readonly scopes: readonly string[];
}

/** An identity as its handler would see it: what the envelope would hold. */
export interface ExplainedIdentity {
  readonly actor: {
    readonly type: 'user' | 'service';
    readonly issuer: string;
    readonly sub: string;
    readonly tenant: string | null;
  };
  readonly agent: {
    readonly id: string;
    readonly issuer: string;
    readonly client_id: string;
    readonly source: string;
    readonly registered: boolean;
    /** Outermost first. */
    readonly chain: readonly AgentRef[];
  };
  readonly scopes: readonly string[];
  /** Scopes of the token that agent or tenant take away. */
  readonly dropped: readonly { readonly scope: string; readonly by: 'agent' | 'tenant' }[];
  readonly roles: readonly string[] | null;
  readonly acr: string | null;
  readonly amr: readonly string[] | null;
  /** Seconds since the epoch. */
  readonly authenticated_at: number | null;
  readonly session_id: string | null;
}

/** What the API behind a target would get. No token is in it. */
export interface ExplainedCall {
  readonly url: string;
  /** Its access token; `null` where the target has a credential of its own. */
  readonly token: {
    readonly issuer: string;
    /** This server there. */
    readonly client_id: string;
    readonly resource: string;
    readonly audience: string;
    readonly scopes: readonly string[];
    /** Whose it would be. */
    readonly subject: { readonly user: string; readonly tenant?: string } | { readonly client: string };
    /** Who would act for the subject: `act`, outermost first. */
    readonly actors: readonly AgentRef[];
    /** Whether the issuer must show the actors in it. */
    readonly act_evidence: 'required' | 'if-jwt' | 'none';
  } | null;
  /** `null` where the target is outside the trust domain. */
  readonly txn_token: {
    readonly sub: string;
    readonly tenant: string | null;
    readonly client_id: string;
    /** Outermost first. */
    readonly actors: readonly AgentRef[];
    readonly scopes: readonly string[];
    /** The target, and the services that it may call onward. */
    readonly allowed: readonly string[];
    readonly onward: Readonly<Record<string, readonly string[]>>;
  } | null;
  /** The names of the headers that this server adds. */
  readonly headers: readonly string[];
}

export interface ExplainedTarget {
  readonly name: string;
  readonly mode: DelegationMode | null;
  readonly allowed: boolean;
  readonly refusal: ExplainedRefusal | null;
  readonly call: ExplainedCall | null;
}

/** What would be decided about one call, by whom, and what would follow. The output of `explain --json`. */
export interface Explanation {
  readonly handler: Pick<PostureHandler, 'kind' | 'name' | 'method' | 'policy'>;
  readonly allowed: boolean;
  readonly refusal: ExplainedRefusal | null;
  /** The claims that are taken to be those of a token issued now. */
  readonly assumed: readonly string[];
  /** `null` where the claims are refused, and of a public handler, which looks at no claims. */
  readonly identity: ExplainedIdentity | null;
  /** `not_asked`: the requirements refuse before. `needs_arguments`: it decides by arguments of the call, and is not asked. */
  readonly policyEngine: 'none' | 'not_asked' | 'needs_arguments' | 'allows' | 'denies' | 'unreachable';
  /** Of a handler that a person must approve each call of. */
  readonly approval: { readonly by: ApproverKind; readonly reason: string; readonly show: readonly string[] } | null;
  /** The fields of its input that are data about somebody. */
  readonly dataSubjects: PostureHandler['dataSubjects'];
  /** Those that the handler declares. Empty where the call is refused. */
  readonly targets: readonly ExplainedTarget[];
}
