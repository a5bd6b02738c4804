import { setTimeout as sleep } from 'node:timers/promises';
import { at, bearer, call } from './caller.js';
import { pooled } from './pooled.js';
import { type Run } from './probe.module.js';
import { type Replicas } from './start-replicas.js';

/** Milliseconds. From then on nothing may run any more. */
const BOUND = 1_000;
const PATIENCE = 3_000;

/** Revokes each of these users at one instance, and measures when each of the others refuses the user. */
export async function revokeEach(replicas: Replicas, subs: readonly string[]) {
  const { instances, issuer } = replicas;
  const delays: number[] = [];
  const revokedAt = new Map<string, number>();
  let neverRan = 0;
  await pooled(subs, 12, async (sub, index) => {
    const authorization = bearer(replicas.token(sub));
    const probe = (port: number) => call(at(port), authorization, { name: 'probe' });
    const before = await Promise.all(instances.map(({ port }) => probe(port)));
    if (before.some(({ text }) => text !== 'done')) neverRan++;
    await instances[index % instances.length]!.purge({ issuer, sub });
    revokedAt.set(sub, Date.now());
    const since = performance.now();
    await Promise.all(
      instances.map(async ({ port }) => {
        while (performance.now() - since < PATIENCE) {
          const asked = performance.now() - since;
          if ((await probe(port)).text !== 'done') return void delays.push(asked);
          await sleep(5);
        }
        delays.push(Infinity);
      }),
    );
  });
  await sleep(BOUND);
  // Once more, all of them, everywhere.
  await pooled(subs, 24, async sub => {
    const authorization = bearer(replicas.token(sub, { iat: Math.floor(revokedAt.get(sub)! / 1000) - 1 }));
    await Promise.all(instances.map(({ port }) => call(at(port), authorization, { name: 'probe' })));
  });
  const runs = (await Promise.all(instances.map(one => one.runs()))).flat();
  delays.sort((one, other) => one - other);
  return {
    revocations: subs.length,
    neverRan,
    revocationP99Ms: Math.round(delays[Math.ceil(delays.length * 0.99) - 1]!),
    effectsAfterRevocation: runs.filter(isLate(revokedAt)).length,
  };
}

const isLate =
  (revokedAt: ReadonlyMap<string, number>) =>
  ([sub, when]: Run): boolean =>
    when > (revokedAt.get(sub) ?? Infinity) + BOUND;
