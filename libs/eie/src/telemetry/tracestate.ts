import { holdsCredential } from './credential-text.js';
import { listOf } from './header-list.js';

/** `key "=" value`: W3C Trace Context level 2, "list-members". */
const MEMBER = /^([a-z0-9][a-z0-9_\-*/@]{0,255})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MEMBERS = 32;
/** Characters, commas included. */
const LENGTH = 512;
/** A member that is longer gives way first. */
const LONG = 128;

/**
 * Reads a `tracestate`, to pass it on: level 2, "Tracestate Header". Members stay as they are and in their order, one for each key. What is
 * longer than 512 characters loses whole members: first those of more than 128 characters, then the last ones. A member with what looks like
 * a token is left out: see {@link holdsCredential}.
 *
 * @returns `undefined` where there is nothing to pass on: it is empty, one member is malformed, or there are more than 32
 */
export function parseTracestate(value: unknown): string | undefined {
  const list = listOf(value);
  if (!list?.length || list.length > MEMBERS) return undefined;
  const members = new Map<string, string>();
  for (const member of list) {
    const key = MEMBER.exec(member)?.[1];
    if (key === undefined) return undefined;
    if (!members.has(key) && !holdsCredential(member)) members.set(key, member);
  }
  return shortened([...members.values()]).join(',') || undefined;
}

function shortened(members: string[]): string[] {
  while (members.join(',').length > LENGTH) {
    const long = members.findLastIndex(({ length }) => length > LONG);
    members.splice(long, 1);
  }
  return members;
}
