import { type EieErrorCode, type ExecutionIdentityEnvelope } from 'execution-identity';
import { type TestJson } from '../app/http-answer.js';

/** One call that a fake target has let in. */
export interface TargetCall {
  readonly method: string;
  /** As the target sees it, behind its `baseUrl`, with its query. */
  readonly path: string;
  /** Without the credentials: no test needs a token. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  /** The body, where it is JSON. */
  readonly json: TestJson;
  /** What a receiver has of the call, from both credentials; `undefined` at a target that is `external` or has a credential of its own. */
  readonly identity: ExecutionIdentityEnvelope | undefined;
  /** Whose access token it was; `undefined` at a target with a credential of its own. */
  readonly sub: string | undefined;
  /** Those that the call grants here. */
  readonly scopes: readonly string[];
}

/** One call that a fake target has refused. */
export interface RefusedCall {
  readonly method: string;
  readonly path: string;
  readonly code: EieErrorCode;
}

/** What a fake target answers. `json` before `text`; without both an empty body. */
export interface TargetReply {
  /** Default 200. */
  readonly status?: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds before it is sent. */
  readonly delay?: number;
}

/** A reply, or what makes one of each call. */
export type TargetReplies = TargetReply | ((call: TargetCall) => TargetReply | Promise<TargetReply>);
