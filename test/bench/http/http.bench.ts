import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BenchServer } from '../load/bench-server.js';
import { type Contender, interleave, warmUp } from '../load/rounds.js';
import { benchIssuer, inTurn } from '../load/tokens.js';
import { type BenchReport, rowsOf } from '../report.js';
import {
  COLD,
  COLD_NO_AUDIT,
  FASTIFY_JWT_CACHED,
  HTTP_CONTENDERS,
  NO_GUARD,
  PASSPORT,
  TWIN,
  WARM,
  WARM_NO_AUDIT,
} from './contenders.js';
import { type HttpServerAbout } from './server.js';

const USERS = 1_000;
/** More than any memory of tokens holds, in turn, so that each is new when it comes. */
const COLD_TOKENS = 12_000;
const SERVER = new URL('./server.ts', import.meta.url);

/** What is measured on which adapter, with how many connections. */
const FULL = [
  { adapter: 'fastify', connections: 16, names: [...Object.keys(HTTP_CONTENDERS), COLD, COLD_NO_AUDIT] },
  { adapter: 'fastify', connections: 64, names: [NO_GUARD, TWIN, PASSPORT, WARM] },
  {
    adapter: 'express',
    connections: 16,
    names: [NO_GUARD, TWIN, PASSPORT, 'passport-jwt, PEM', 'jose guard', WARM, WARM_NO_AUDIT, COLD, COLD_NO_AUDIT],
  },
] as const;
const QUICK = [
  { adapter: 'fastify', connections: 16, names: [NO_GUARD, TWIN, PASSPORT, WARM, WARM_NO_AUDIT, COLD] },
] as const;

/** What the guards of an HTTP application cost, each in a server of its own that nothing else runs in. */
export async function benchHttp({ isQuick }: { isQuick: boolean }): Promise<BenchReport> {
  const issuer = benchIssuer();
  const users = Array.from({ length: USERS }, (_, user) => requestOf(issuer.token(user)));
  const strangers = Array.from({ length: COLD_TOKENS }, (_, i) => requestOf(issuer.token(i % USERS)));
  const scratch = await mkdtemp(join(tmpdir(), 'eie-bench-http-'));
  const [warm, cold] = [inTurn(users), inTurn(strangers)];
  const { rounds, ms } = isQuick ? { rounds: 5, ms: 500 } : { rounds: 9, ms: 700 };
  const rows = [];
  try {
    for (const { adapter, connections, names } of isQuick ? QUICK : FULL) {
      const servers = new Map<string, BenchServer>();
      for (const name of names) {
        const contender = serverOf(name);
        const about: HttpServerAbout = { adapter, contender, keys: issuer.keys, folder: join(scratch, adapter) };
        if (!servers.has(contender)) servers.set(contender, await BenchServer.start(SERVER, about));
      }
      const contenders = names.map((name): Contender => {
        const next = name === serverOf(name) ? warm : cold;
        return { name, measure: () => servers.get(serverOf(name))!.measure({ connections, ms, next }) };
      });
      for (const contender of contenders) await warmUp(contender);
      const measured = await interleave(contenders, rounds);
      rows.push(
        ...rowsOf(measured, { adapter: `${adapter}, ${connections}`, base: NO_GUARD, twin: TWIN, unit: PASSPORT }),
      );
      for (const server of servers.values()) await server.close();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return { rows, goals: [] };
}

/** A token that is new and one that is remembered go to the same server. */
const serverOf = (name: string): string => (name === COLD ? WARM : name === COLD_NO_AUDIT ? WARM_NO_AUDIT : name);

const requestOf = (token: string): Buffer =>
  Buffer.from(
    `GET /me HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nConnection: keep-alive\r\n\r\n`,
  );

export { FASTIFY_JWT_CACHED };
