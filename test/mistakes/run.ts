import { readdirSync } from 'node:fs';
import { type LoggerService } from '@nestjs/common';
import { answersCall, create } from '../boot-proof/application.js';
import { type Setting } from '../boot-proof/fixture.js';
import { runFixtures, within } from '../boot-proof/run.js';
import { startLoopback } from '../support/loopback.js';
import { startWorld } from '../support/world.js';
import { type Mistake, type Verdict } from './mistake.js';

const folder = new URL('fixtures/', import.meta.url);

/** The mistakes that stop the boot are the fixtures of the boot proof; those of this folder are answered in the log. */
export async function runMistakes(pattern = ''): Promise<Verdict[]> {
  const refused = await runFixtures({ pattern, adapters: ['express'] });
  return [
    ...refused.map(({ name, namesCause, namesFix, bootsWhenMended, error }) => ({
      name,
      where: 'boot' as const,
      namesCause,
      namesFix,
      mendedWorks: bootsWhenMended,
      said: error ?? 'it boots',
    })),
    ...(await runLogged(pattern)),
  ];
}

async function runLogged(pattern: string): Promise<Verdict[]> {
  const files = readdirSync(folder)
    .filter(file => file.includes(pattern))
    .sort();
  const api = await startLoopback((request, response) => {
    const status = request.url === '/refused' ? 401 : 200;
    response.writeHead(status, { 'content-type': 'application/json' }).end(`{"status":${status}}`);
  });
  const world = await startWorld();
  const verdicts: Verdict[] = [];
  try {
    for (const file of files) {
      const { mistake } = (await import(new URL(file, folder).href)) as { mistake: Mistake };
      const setting = { adapter: 'express' as const, world, api: api.url };
      verdicts.push(await within(mistake.env, () => judged(mistake, setting)));
    }
  } finally {
    await Promise.all([world.close(), api.close()]);
  }
  return verdicts;
}

/** The twin first: what the mistake leaves behind could otherwise spoil it. */
async function judged(mistake: Mistake, setting: Omit<Setting, 'mended'>): Promise<Verdict> {
  const { name, cause, fix } = mistake;
  const twin = await listenTo(mistake, { ...setting, mended: true });
  const { lines } = await listenTo(mistake, { ...setting, mended: false });
  const has = (words: readonly string[]) => (line: string) => words.every(word => line.includes(word));
  const speaking = lines.filter(has(cause));
  return {
    name,
    where: 'log',
    namesCause: speaking.length > 0,
    namesFix: speaking.some(has(fix)),
    mendedWorks: twin.answers && !twin.lines.some(has(cause)),
    said: (speaking.length ? speaking : lines).join('\n') || 'nothing',
  };
}

/** What the log says, at boot and during the call, at the levels that a developer reads. */
async function listenTo(mistake: Mistake, setting: Setting): Promise<{ answers: boolean; lines: string[] }> {
  const lines: string[] = [];
  // A stack is part of what a developer reads.
  const keep = (...given: unknown[]): void =>
    void lines.push(given.map(one => (one instanceof Error ? one.stack : String(one))).join(' '));
  const logger: LoggerService = { log: () => undefined, warn: keep, error: keep, fatal: keep };
  const app = await create(await mistake.build(setting), setting, logger);
  try {
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const call = mistake.call ?? (() => answersCall(url, setting.world.userToken(), { tool: 'whoami' }));
    const answers = await call({ ...setting, url }).catch(() => false);
    return { answers, lines };
  } finally {
    await app.close();
  }
}
