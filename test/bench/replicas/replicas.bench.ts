import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../support/postgres-server.js';
import { startRedis } from '../../support/redis-server.js';
import { type StoreServer } from '../../replicas/store.js';
import { measuredTwice, measureGroup } from '../load/group.js';
import { requestBytes } from '../load/requests.js';
import { interleave, warmUp } from '../load/rounds.js';
import { benchIssuer, inTurn, RESOURCE } from '../load/tokens.js';
import { contendersOf } from '../process/operation.js';
import { type BenchReport, type BenchRow, goalOf, type Group, isValid, rowsOf, twinOf } from '../report.js';
import { approving } from './approvals.js';
import { proofKey } from './proofs.js';
import { type SharingAbout } from './server.js';

const USERS = 1_000;
const SERVER = new URL('./server.ts', import.meta.url);
const [MEMORY, TWIN, REDIS, POSTGRES] = ['in memory', 'in memory, once more', 'over Redis', 'over PostgreSQL'];
const [PLAIN, PROVEN, APPROVED] = [
  'a call that needs no store, 16 connections, durable audit',
  'a call with a proof of possession, 16 connections, durable audit',
  'the store of an approval: asked for, decided, used up',
];

/** What it costs that instances share their state, on servers of this run, on the same two processors. */
export async function benchReplicas({ isQuick }: { isQuick: boolean }): Promise<BenchReport> {
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  const scratch = await mkdtemp(join(tmpdir(), 'eie-bench-replicas-'));
  const stores: [string, Pick<StoreServer, 'kind' | 'url'>][] = [
    [MEMORY, { kind: 'none', url: '' }],
    [TWIN, { kind: 'none', url: '' }],
    [REDIS, { kind: 'redis', url: redis.url }],
    [POSTGRES, { kind: 'postgres', url: postgres.url }],
  ];
  const issuer = benchIssuer();
  const key = await proofKey();
  const measuring = isQuick ? { rounds: 3, ms: 400 } : { rounds: 9, ms: 700 };
  const rows: BenchRow[] = [];
  const aaTwin: Record<string, number> = {};
  const overHttp = async (adapter: string, next: () => Buffer): Promise<void> => {
    const members = stores.map(([name, store]) => ({
      name,
      about: { keys: issuer.keys, folder: join(scratch, `${rows.length} ${name}`), store } satisfies SharingAbout,
      next,
    }));
    const measured = await measureGroup(groupOf(adapter), SERVER, members, { connections: 16, isQuick, ...measuring });
    rows.push(...measured.rows);
    aaTwin[adapter] = measured.aaTwin;
  };
  try {
    await overHttp(
      PLAIN,
      inTurn(Array.from({ length: USERS }, (_, user) => requestBytes({ token: issuer.token(user), path: '/me' }))),
    );
    const bound = Array.from({ length: USERS }, (_, user) => {
      const token = issuer.token(user, { cnf: { jkt: key.jkt } });
      return { token, proof: key.proofsFor(token, 'GET', new URL('/me', RESOURCE).href) };
    });
    const nextUser = inTurn(bound);
    await overHttp(PROVEN, () => {
      const { token, proof } = nextUser();
      return requestBytes({ token, scheme: 'DPoP', path: '/me', headers: { DPoP: proof() } });
    });
    const measured = await measuredTwice(async () => {
      const operations = await Promise.all(stores.map(([name, store]) => approving(name, store)));
      try {
        const contenders = contendersOf(measuring.ms, operations);
        for (const contender of contenders) await warmUp(contender, isQuick);
        const rounds = await interleave(contenders, measuring.rounds);
        return { rows: rowsOf(rounds, groupOf(APPROVED)), aaTwin: twinOf(rounds, groupOf(APPROVED)) };
      } finally {
        await Promise.all(operations.map(({ close }) => close()));
      }
    }, isQuick);
    rows.push(...measured.rows);
    aaTwin[APPROVED] = measured.aaTwin;
  } finally {
    await Promise.all([redis.close(), postgres.close(), rm(scratch, { recursive: true, force: true })]);
  }
  const plain = rows.find(({ name, adapter }) => name === REDIS && adapter === PLAIN)?.ratio;
  const goal = { mandatory: true, bar: 1.05, reach: 1.01 };
  return { valid: isValid(aaTwin), aaTwin, rows, goals: goalOf('a call that needs no store, over Redis', plain, goal) };
}

const groupOf = (adapter: string): Group => ({
  adapter,
  base: MEMORY,
  twin: TWIN,
  unit: MEMORY,
  compares: 'totalUs',
});
