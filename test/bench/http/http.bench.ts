import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureGroup } from '../load/group.js';
import { requestBytes } from '../load/requests.js';
import { rounded } from '../load/rounds.js';
import { benchIssuer, inTurn } from '../load/tokens.js';
import { type BenchGoal, type BenchReport, type BenchRow, goalOf, type Group, isValid } from '../report.js';
import {
  COLD,
  COLD_NO_AUDIT,
  FASTIFY_JWT_CACHED,
  HTTP_CONTENDERS,
  NO_GUARD,
  PASSPORT,
  PASSPORT_FLOOR,
  SIGNATURE_FLOOR,
  TWIN,
  WARM,
  WARM_NO_AUDIT,
} from './contenders.js';
import { type HttpServerAbout } from './server.js';

const USERS = 1_000;
/** More than the memory of tokens holds, in turn, so that each is new when it comes. */
const COLD_TOKENS = 12_000;
const SERVER = new URL('./server.ts', import.meta.url);

/** What is measured on which adapter, with how many connections. */
const FULL = [
  { adapter: 'fastify', connections: 16, starts: 2, rounds: 5, names: Object.keys(HTTP_CONTENDERS) },
  {
    adapter: 'fastify',
    connections: 64,
    starts: 1,
    rounds: 8,
    names: [NO_GUARD, TWIN, PASSPORT, PASSPORT_FLOOR, SIGNATURE_FLOOR, WARM, COLD],
  },
  {
    adapter: 'express',
    connections: 16,
    starts: 1,
    rounds: 7,
    names: Object.keys(HTTP_CONTENDERS).filter(name => !name.startsWith('@fastify')),
  },
] as const;
const QUICK = [
  {
    adapter: 'fastify',
    connections: 16,
    starts: 1,
    rounds: 3,
    names: [NO_GUARD, TWIN, PASSPORT, WARM, COLD],
  },
] as const;

/** What the guards of an HTTP application cost, each in a server of its own that nothing else runs in. */
export async function benchHttp({ isQuick }: { isQuick: boolean }): Promise<BenchReport> {
  const issuer = benchIssuer();
  const users = Array.from({ length: USERS }, (_, user) => requestOf(issuer.token(user)));
  const strangers = Array.from({ length: COLD_TOKENS }, (_, i) => requestOf(issuer.token(i % USERS)));
  const scratch = await mkdtemp(join(tmpdir(), 'eie-bench-http-'));
  const ms = isQuick ? 500 : 700;
  const rows: BenchRow[] = [];
  const aaTwin: Record<string, number> = {};
  try {
    for (const { adapter, connections, starts, rounds, names } of isQuick ? QUICK : FULL) {
      const members = names.map(name => ({
        name,
        about: {
          adapter,
          contender: name,
          keys: issuer.keys,
          folder: join(scratch, adapter),
        } satisfies HttpServerAbout,
        next: inTurn(name === COLD || name === COLD_NO_AUDIT ? strangers : users),
      }));
      const group = groupOf(adapter, connections);
      const measured = await measureGroup(group, SERVER, members, { connections, starts, rounds, ms, isQuick });
      rows.push(...measured.rows);
      aaTwin[group.adapter] = measured.aaTwin;
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return { valid: isValid(aaTwin), aaTwin, rows, goals: goals(rows) };
}

const groupOf = (adapter: string, connections: number): Group => ({
  adapter: `${adapter}, ${connections} connections`,
  base: NO_GUARD,
  twin: TWIN,
  unit: PASSPORT,
  compares: 'marginalUs',
});

function goals(rows: readonly BenchRow[]): BenchGoal[] {
  const of = (name: string, adapter: string, connections: number): BenchRow | undefined =>
    rows.find(row => row.name === name && row.adapter === groupOf(adapter, connections).adapter);
  const ratio = (name: string, adapter = 'fastify', connections = 16): number | undefined =>
    of(name, adapter, connections)?.ratio;
  const [ours, cached] = [WARM_NO_AUDIT, FASTIFY_JWT_CACHED].map(name => of(name, 'fastify', 16)?.marginalUs);
  const overCached = ours === undefined || cached === undefined ? undefined : rounded(ours / cached, 2);
  const must = (bar: number, reach: number) => ({ mandatory: true, bar, reach });
  return [
    ...goalOf('warm, nothing kept of the audit, over passport-jwt', ratio(WARM_NO_AUDIT), must(0.5, 0.3)),
    ...goalOf('warm, durable audit, over passport-jwt', ratio(WARM), must(1, 0.7)),
    ...goalOf('warm, durable audit, 64 connections', ratio(WARM, 'fastify', 64), must(0.7, 0.4)),
    ...goalOf('warm, durable audit, on Express', ratio(WARM, 'express'), must(0.6, 0.35)),
    ...goalOf('cold, durable audit, over passport-jwt', ratio(COLD), must(1.3, 0.9)),
    ...goalOf('cold on Express', ratio(COLD, 'express'), must(1.3, 0.9)),
    ...goalOf('warm, nothing kept of the audit, over @fastify/jwt with its cache', overCached, {
      mandatory: false,
      bar: 2.5,
      reach: 1.2,
    }),
  ];
}

const requestOf = (token: string): Buffer => requestBytes({ token, path: '/me' });
