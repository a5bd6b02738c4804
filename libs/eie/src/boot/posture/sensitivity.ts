import { type PostureHandler, type PostureSensitivity } from './posture-document.js';

/** Of MCP: what a tool tells clients of itself. The SDK is an optional package, so its type is not used here. */
export interface Annotations {
  readonly readOnlyHint?: boolean | undefined;
  readonly destructiveHint?: boolean | undefined;
  readonly idempotentHint?: boolean | undefined;
  readonly openWorldHint?: boolean | undefined;
}

/** With the defaults of MCP (`ToolAnnotations` of its schema). `destructive` and `idempotent` say something only of what is not read-only. */
export function sensitivityOf({
  readOnlyHint: readOnly = false,
  destructiveHint = true,
  idempotentHint = false,
  openWorldHint: openWorld = true,
}: Annotations = {}): PostureSensitivity {
  return { readOnly, destructive: !readOnly && destructiveHint, idempotent: readOnly || idempotentHint, openWorld };
}

/** Whether some tool declares less than MCP assumes of a tool that declares nothing. */
export const declaresLess = (handlers: readonly PostureHandler[]): boolean =>
  handlers.some(({ sensitivity: one }) => one && (!one.destructive || one.idempotent || !one.openWorld));
