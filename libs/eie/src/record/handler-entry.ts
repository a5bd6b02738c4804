import { type Type } from '@nestjs/common';
import { type ApproverKind, type HandlerPolicy } from 'execution-identity';

/** What a handler needs beside its identity policy: the word of a person about each call. */
export interface ApprovalPolicy {
  readonly reason: string;
  /** The fields of the input that the approver sees, as property paths. */
  readonly show: readonly string[];
  readonly by: ApproverKind;
}

/** A handler that Nest can reach, as the registry knows it: a method of a class, and what its decorators say. */
export interface HandlerEntry {
  readonly type: Type;
  readonly method: string;
  /** `Class.method`. */
  readonly name: string;
  readonly policy: HandlerPolicy;
  /** The targets that it declares, by name. */
  readonly targets: readonly string[];
  /** Of a handler that a person must approve each call of. */
  readonly approval?: ApprovalPolicy | undefined;
}
