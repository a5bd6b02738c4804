import { type Type } from '@nestjs/common';
import { type HandlerPolicy } from 'execution-identity';

/** A handler that Nest can reach, as the registry knows it: a method of a class, and what its decorators say. */
export interface HandlerEntry {
  readonly type: Type;
  readonly method: string;
  /** `Class.method`. */
  readonly name: string;
  readonly policy: HandlerPolicy;
  /** The targets that it declares, by name. */
  readonly targets: readonly string[];
}
