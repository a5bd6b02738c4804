import { type Type } from '@nestjs/common';
import { addMetadata, type Handler, metadataOf } from '../../authorization/handler-metadata.js';

const DECLARED = 'eie:declared-targets';

/** The handler (a method, or every handler of a class) may call these targets. */
export function declareTargets(subject: object, targets: readonly string[]): void {
  addMetadata(DECLARED, subject, ...targets);
}

/** The targets that a handler declares, each once: see {@link metadataOf}. */
export const declaredTargets = (handler: Handler, type: Type): string[] => [
  ...new Set(metadataOf<string>(DECLARED, handler, type)),
];
