import { setTimeout as sleep } from 'node:timers/promises';
import { at, bearer, call } from './caller.js';
import { type Replicas } from './start-replicas.js';

/** Milliseconds within which what one instance has obtained is in the store. */
const SETTLED = 250;

/**
 * Calls an API for a user at one instance after the other, with one token.
 *
 * @returns how many exchanges of that token it took: one, where the instances share it; and how many of the calls were answered
 */
export async function shareTokens(replicas: Replicas, sub: string) {
  const authorization = bearer(replicas.token(sub));
  const before = replicas.issued.length;
  let answeredByApi = 0;
  for (const { port } of replicas.instances) {
    const { text } = await call(at(port), authorization, { name: 'account_order', input: { order_id: 'A-1' } });
    if (text !== undefined) answeredByApi++;
    await sleep(SETTLED);
  }
  return { exchanges: replicas.issued.length - before, answeredByApi };
}
