import { type ExecutionContext } from '@nestjs/common';
import { carrierOf } from '../record/carrier.js';
import { Slot } from '../record/slot.js';

const listeners = new Slot<() => void>();

/**
 * For a boot check that sends a message to a handler of its own, to learn whether the guard runs before it: `onGuarded` is called when
 * the guard sees the message. The guard refuses the message and records nothing, because it is not a call.
 *
 * @param call what the context of the message carries
 */
export function expectGuard(call: object, onGuarded: () => void): void {
  listeners.fill(call, onGuarded);
}

/** Tells the boot check that sent this message, if one did. */
export function answerProbe(context: ExecutionContext): boolean {
  const onGuarded = listeners.of(carrierOf(context));
  onGuarded?.();
  return onGuarded !== undefined;
}
