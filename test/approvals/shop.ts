import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { message, send } from '../support/mcp-messages.js';
import { type World } from '../support/world.js';
import { type ServerReport, type ServerSetup } from './server-process.js';

export type By = Parameters<World['userToken']>[0];
export type Input = Record<string, unknown>;

/** What a client brings back with a call. */
export interface Round {
  readonly requestState?: unknown;
  readonly inputResponses?: object;
}

/** Two servers of one shop, each a process, and the process of the store that they share. */
export interface Shop {
  call(name: string, input: Input, by?: By, round?: Round): Promise<any>;
  approve(id: string, by: By): Promise<number>;
  /** Both clocks go this much ahead: milliseconds in all. */
  advance(milliseconds: number): Promise<void>;
  report(): Promise<ServerReport>;
  close(): void;
}

const loader = new URL('../support/typescript-loader.mjs', import.meta.url).href;
const child = (file: string, ...args: string[]): ChildProcess =>
  fork(fileURLToPath(new URL(file, import.meta.url)), args, { execArgv: ['--import', loader] });
async function told<T>(process: ChildProcess): Promise<T> {
  const [answer] = (await once(process, 'message')) as [T];
  return answer;
}

export async function startShop(world: World, planted = false): Promise<Shop> {
  const storeProcess = child('store-process.ts', ...(planted ? ['planted'] : []));
  const { url: store } = await told<{ url: string }>(storeProcess);
  const { client: _client, ...issuer } = world.issuerOptions();
  const setup: ServerSetup = { issuer, store, secret: randomBytes(32).toString('hex') };
  const servers = [child('server-process.ts'), child('server-process.ts')];
  const urls = await Promise.all(
    servers.map(async server => {
      server.send(setup);
      return (await told<{ url: string }>(server)).url;
    }),
  );
  let [ahead, turn] = [0, 0];
  const next = (): string => urls[turn++ % urls.length]!;
  const tokens = new Map<string, string>();
  const token = (by: By): string => {
    const name = JSON.stringify([ahead, by]);
    const known = tokens.get(name) ?? world.userToken({ ...by, issuedAt: Math.floor((Date.now() + ahead) / 1000) - 1 });
    tokens.set(name, known);
    return known;
  };
  return {
    async call(name, input, by = {}, round = {}) {
      const params = { name, arguments: input, ...round };
      const body = message('2026-07-28', 'tools/call', params, 1, { elicitation: {} });
      const { status, messages } = await send(next(), token(by), '2026-07-28', body);
      return { status, ...messages[0] };
    },
    async approve(id, by) {
      const headers = { authorization: `Bearer ${token(by)}` };
      return (await fetch(`${next()}/approvals/${encodeURIComponent(id)}/approve`, { method: 'POST', headers })).status;
    },
    async advance(milliseconds) {
      ahead += milliseconds;
      for (const server of servers) {
        server.send({ ahead });
        await told(server);
      }
    },
    async report() {
      const reports = await Promise.all(
        servers.map(async server => {
          server.send('report');
          return told<ServerReport>(server);
        }),
      );
      return {
        runs: reports.flatMap(({ runs }) => runs),
        unapproved: reports.reduce((sum, { unapproved }) => sum + unapproved, 0),
      };
    },
    close() {
      for (const one of [...servers, storeProcess]) one.kill();
    },
  };
}
