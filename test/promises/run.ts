import 'reflect-metadata';
import { readdirSync } from 'node:fs';
import { inspect } from 'node:util';
import { RecordingLog } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';
import { type Application, type Running, type Stage } from './application.js';

/** One application on one adapter. */
export interface Outcome {
  readonly name: string;
  readonly adapter: string;
  readonly mustBoot: boolean;
  readonly booted: boolean;
  readonly refusedWith?: string;
  readonly legitimate: { calls: number; ok: number };
  readonly attacks: number;
  readonly broken: string[];
}

const folder = new URL('applications/', import.meta.url);

/** @param pattern runs only applications whose file name contains it */
export async function runApplications(pattern = ''): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const world = await startWorld();
  try {
    for (const file of readdirSync(folder)
      .filter(name => name.endsWith('.ts') && name.includes(pattern))
      .sort()) {
      const { application } = (await import(new URL(file, folder).href)) as { application: Application };
      for (const adapter of application.adapters ?? (['express', 'fastify'] as const))
        outcomes.push(await runOne(application, adapter, world));
    }
  } finally {
    await world.close();
  }
  return outcomes;
}

async function runOne(application: Application, adapter: Stage['adapter'], world: World): Promise<Outcome> {
  const seen: { where: string; text: string }[] = [];
  const minted = world.minted.length;
  const auditLog = new RecordingLog();
  const stage: Stage = {
    adapter,
    world,
    auditLog,
    see: (where, value) =>
      void seen.push({
        where,
        text: typeof value === 'string' ? value : inspect(value, { depth: 8, showHidden: true }),
      }),
  };
  const { name, refusedWith } = application;
  const outcome = {
    name,
    adapter,
    mustBoot: !refusedWith,
    legitimate: { calls: 0, ok: 0 },
    attacks: 0,
    broken: [] as string[],
  };
  let running: Running;
  try {
    running = await application.start(stage);
  } catch (error) {
    const { message } = error as Error;
    if (!refusedWith?.test(message)) outcome.broken.push(`it does not boot: ${message}`);
    return { ...outcome, booted: false, refusedWith: message };
  }
  try {
    if (refusedWith) outcome.broken.push('it boots, and should be refused');
    for (const call of application.legitimate(running, stage)) {
      outcome.legitimate.calls++;
      await call.run().then(
        () => outcome.legitimate.ok++,
        (error: Error) => outcome.broken.push(`legitimate: ${call.name}: ${error.message}`),
      );
    }
    for (const { promise, name: attack, run } of application.attacks(running, stage)) {
      outcome.attacks++;
      const broken = await run().catch((error: Error) => `it failed: ${error.message}`);
      if (broken !== undefined) outcome.broken.push(`promise ${promise}: ${attack}: ${broken}`);
    }
    const tokens = world.minted.slice(minted);
    for (const { where, text } of seen)
      if (tokens.some(token => text.includes(token))) outcome.broken.push(`promise 1: a token is seen ${where}`);
  } finally {
    await running.app.close();
  }
  return { ...outcome, broken: [...new Set(outcome.broken)], booted: true };
}
