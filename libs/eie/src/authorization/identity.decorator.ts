import { createParamDecorator, type Type } from '@nestjs/common';
import { addMetadata, metadataOf } from './handler-metadata.js';
import { envelopeOf } from '../record/execution-record.js';
import { type EnvelopeParts, type ExecutionIdentityEnvelope } from 'execution-identity';

/** A part of the envelope, or a field of a part: `'actor'`, `'actor.sub'`, `'session.trace_id'`. */
export type IdentityPath = {
  [Part in keyof EnvelopeParts]-?: Part | `${Part}.${keyof NonNullable<EnvelopeParts[Part]> & string}`;
}[keyof EnvelopeParts];

/**
 * The verified identity of this execution, or one part or field of it. It comes from the envelope alone: nothing in the body, the
 * arguments or the headers changes it.
 *
 * @example status(@Identity() identity: ExecutionIdentityEnvelope, @Identity('actor.sub') user: string)
 * @throws EieError `identity_missing` on a handler that runs without an identity
 */
export function Identity(path?: IdentityPath): ParameterDecorator {
  return (prototype, method, index) => {
    if (method === undefined) throw new TypeError('@Identity() belongs on a parameter of a handler method.');
    addMetadata(USES_IDENTITY, { target: prototype, method }, true);
    injected(path)(prototype, method, index);
  };
}

/** Whether a handler has an `@Identity()` parameter. */
export function usesIdentity(type: Type, method: string): boolean {
  return metadataOf(USES_IDENTITY, type, method).length > 0;
}

const USES_IDENTITY = 'eie:uses-identity';

const injected = createParamDecorator((path: IdentityPath | undefined, context) => {
  const envelope = envelopeOf(context);
  return path === undefined ? envelope : pick(envelope, path);
});

function pick(envelope: ExecutionIdentityEnvelope, path: IdentityPath): unknown {
  const [part, field] = path.split('.') as [keyof EnvelopeParts, string | undefined];
  const value = envelope[part];
  return field === undefined ? value : value?.[field as never];
}
