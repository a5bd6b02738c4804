import { setTimeout as sleep } from 'node:timers/promises';
import { bearer, call } from './caller.js';
import { proofMaker } from './replays.js';
import { type Replicas } from './start-replicas.js';
import { type StoreServer } from './store.js';

export interface StoreFault {
  readonly fault: string;
  readonly expected: string;
  readonly seen: string;
}

/** Milliseconds. */
const [TURN, PATIENCE] = [250, 20_000];

/**
 * Takes the store away in several ways, and looks at each instance: at a call that needs no store, at one with a proof of possession, at one that needs
 * an approval, and at one of somebody who was revoked before.
 */
export async function storeFaults(store: StoreServer, replicas: Replicas, sub: string): Promise<StoreFault[]> {
  const { url, instances, issuer } = replicas;
  const revoked = replicas.subs.at(-1)!;
  const gone = bearer(replicas.token(revoked));
  await instances[0]!.purge({ issuer, sub: revoked });
  const plain = bearer(replicas.token(sub));
  const { token, proof } = await proofMaker(replicas, sub);
  const each = async (ask: () => ReturnType<typeof call>): Promise<string> => {
    const answers = await Promise.all(instances.map(ask));
    const kinds = new Set(
      answers.map(({ text, state, status }) => (text === 'done' || state ? 'runs' : status ? 'refused' : 'no answer')),
    );
    return [...kinds].join(' or ');
  };
  const look = async (): Promise<string> => {
    const [free, proven, approved, ended] = [
      await each(() => call(url, plain, { name: 'probe' })),
      await each(async () => call(url, `DPoP ${token}`, { name: 'probe', headers: { dpop: await proof() } })),
      await each(() => call(url, plain, { name: 'probe_payment', input: { order: 'while away' } })),
      await each(() => call(url, gone, { name: 'probe' })),
    ];
    return `plain ${free}, proof ${proven}, approval ${approved}, revoked ${ended}`;
  };
  /** Connections come back by themselves: until then it is refused. */
  const settled = async (expected: string): Promise<string> => {
    let seen = await look();
    for (const end = performance.now() + PATIENCE; seen !== expected && performance.now() < end; seen = await look())
      await sleep(TURN);
    return seen;
  };
  const sound = 'plain runs, proof runs, approval runs, revoked refused';
  const away = 'plain runs, proof refused, approval refused, revoked refused';
  /** Which proofs were taken before is not known any more: for as long as one lives, none is taken. */
  const forgotten = 'plain runs, proof refused, approval runs, revoked refused';
  const faults: StoreFault[] = [];
  const note = (fault: string, expected: string, seen: string) => void faults.push({ fault, expected, seen });

  note('none', sound, await settled(sound));
  await store.stop();
  note('gone', away, await settled(away));
  await store.start();
  note('back again', sound, await settled(sound));
  await store.readOnly(true);
  note('read-only', away, await settled(away));
  await store.readOnly(false);
  note('writable again', sound, await settled(sound));
  await store.pause();
  note('slow', away, await look());
  await store.resume();
  note('fast again', sound, await settled(sound));
  await store.stop();
  await store.start(true);
  note('restarted empty', forgotten, await settled(forgotten));
  return faults;
}
