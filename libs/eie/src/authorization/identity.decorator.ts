import { createParamDecorator, type Type } from '@nestjs/common';
import { addMetadata, metadataOf } from './handler-metadata.js';
import { unseenByPipes } from './unseen-by-pipes.js';
import { envelopeOf } from '../record/envelope-of.js';
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
  const part = path === undefined ? undefined : pickerOf(path);
  const injected = createParamDecorator((_path: IdentityPath | undefined, context) => {
    const envelope = envelopeOf(context);
    return part ? part(envelope) : envelope;
  });
  return (prototype, method, index) => {
    if (method === undefined) throw new TypeError('@Identity() belongs on a parameter of a handler method.');
    addMetadata(USES_IDENTITY, { target: prototype, method }, true);
    unseenByPipes(prototype, method, index);
    injected(path)(prototype, method, index);
  };
}

/** Whether a handler has an `@Identity()` parameter. */
export function usesIdentity(type: Type, method: string): boolean {
  return metadataOf(USES_IDENTITY, type, method).length > 0;
}

const USES_IDENTITY = 'eie:uses-identity';

function pickerOf(path: IdentityPath): (envelope: ExecutionIdentityEnvelope) => unknown {
  const [part, field] = path.split('.') as [keyof EnvelopeParts, string | undefined];
  if (field === undefined) return envelope => envelope[part];
  return envelope => envelope[part]?.[field as never];
}
