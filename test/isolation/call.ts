import { type Era } from '../support/app.js';
import { type Credential } from './users.js';

/** What a call asks for: a tool, the list of tools, or a path. */
export type Asked =
  | { readonly tool: string; readonly input: Readonly<Record<string, unknown>>; readonly progress?: boolean }
  | { readonly list: 'tools' }
  | { readonly path: string };

/** One kind of call that the application answers. */
export interface CallKind {
  readonly name: string;
  /** How often it is made, beside the others. Default 1. */
  readonly weight?: number;
  /** What the credential needs. Without it the call must be refused. */
  readonly scope?: string;
  /** Whether a good answer holds what the caller owns. */
  readonly isOwn?: boolean;
  /** By the first letter of the id: what may become of it. Default: every call is answered. */
  readonly letters?: readonly string[];
  /** @param id names a thing that every user has one of: `A-17` */
  ask(id: string): Asked;
}

/** One call, with all that tells it from every other. */
export interface Call {
  readonly number: number;
  readonly kind: CallKind;
  readonly credential: Credential;
  /** Of MCP. */
  readonly era: Era;
  readonly id: string;
  readonly trace: string;
  /** Of JSON-RPC. */
  readonly messageId: number;
  /** Milliseconds after which the caller goes away; `undefined` for one who waits. */
  readonly patience: number | undefined;
}

/** An order that exists answers; one of `N` does not exist, one of `L` takes longer than most callers wait. */
export const isAnswered = ({ kind, id, credential }: Call): boolean =>
  mayCall(kind, credential) && (!kind.letters || 'ARSL'.includes(id[0]!));

export const mayCall = ({ scope }: CallKind, { scopes }: Credential): boolean =>
  scope === undefined || scopes.includes(scope);
