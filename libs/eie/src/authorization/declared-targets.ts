import { type Type } from '@nestjs/common';
import { addMetadata, metadataOf, type Subject } from './handler-metadata.js';

const DECLARED = 'eie:declared-targets';

/** The handler (a method, or every handler of a class) may call these targets. */
export function declareTargets(subject: Subject, targets: readonly string[]): void {
  addMetadata(DECLARED, subject, ...targets);
}

/** The targets that a handler declares, each once: see {@link metadataOf}. */
export const declaredTargets = (type: Type, method: string): string[] => [
  ...new Set(metadataOf<string>(DECLARED, type, method)),
];
