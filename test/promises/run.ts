import 'reflect-metadata';
import { readdirSync } from 'node:fs';
import { inspect } from 'node:util';
import { ADAPTERS, RecordingLog } from '../support/app.js';
import { startWorld } from '../support/world.js';
import { startApi } from './api.js';
import { type Application, type Nest, PROMISES, type Running, type Stage } from './application.js';

/** One application on one adapter. */
export interface Outcome {
  readonly name: string;
  readonly nest: Nest;
  readonly adapter: string;
  readonly mustBoot: boolean;
  readonly booted: boolean;
  /** What the application said that did not boot. */
  readonly refusedWith: string | null;
  readonly legitimate: { calls: number; ok: number };
  readonly attacks: number;
  readonly broken: string[];
}

const folder = new URL('applications/', import.meta.url);

/** @param pattern runs only applications whose file name contains it */
export async function runApplications(nest: Nest, pattern = ''): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const [world, api] = [await startWorld(), await startApi()];
  try {
    for (const file of readdirSync(folder)
      .filter(name => name.endsWith('.ts') && name.includes(pattern))
      .sort()) {
      const { application } = (await import(new URL(file, folder).href)) as { application: Application };
      if (!(application.nests ?? [nest]).includes(nest)) continue;
      const served = application.transport ? (['express'] as const) : ADAPTERS;
      for (const adapter of application.adapters ?? served)
        outcomes.push(await runOne(application, { nest, adapter, world, api }));
    }
  } finally {
    await Promise.all([world.close(), api.close()]);
  }
  return outcomes;
}

type Setting = Pick<Stage, 'nest' | 'adapter' | 'world' | 'api'>;

async function runOne(application: Application, setting: Setting): Promise<Outcome> {
  const { nest, adapter, world } = setting;
  const seen: { where: string; text: string }[] = [];
  const minted = world.minted.length;
  const tokens = () => world.minted.slice(minted);
  const stage: Stage = {
    ...setting,
    auditLog: new RecordingLog(),
    tokens,
    see: (where, value) =>
      void seen.push({
        where,
        text: typeof value === 'string' ? value : inspect(value, { depth: 8, showHidden: true }),
      }),
  };
  const { name, refusedWith, transport } = application;
  const outcome = {
    name,
    nest,
    adapter: transport ?? adapter,
    mustBoot: !refusedWith,
    refusedWith: null,
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
    if (refusedWith) outcome.broken.push('promise 3: it boots, and should be refused');
    for (const call of application.legitimate(running, stage)) {
      outcome.legitimate.calls++;
      await call.run().then(
        () => outcome.legitimate.ok++,
        (error: Error) => outcome.broken.push(`legitimate: ${call.name}: ${error.message}`),
      );
    }
    const attacks = application.attacks(running, stage);
    for (const promise of PROMISES)
      if (!attacks.some(attack => attack.promise === promise))
        outcome.broken.push(`nothing attacks promise ${promise}`);
    for (const { promise, name: attack, run } of attacks) {
      outcome.attacks++;
      const broken = await run().catch((error: Error) => `it failed: ${error.message}`);
      if (broken !== undefined) outcome.broken.push(`promise ${promise}: ${attack}: ${broken}`);
    }
    for (const { where, text } of seen)
      if (tokens().some(token => text.includes(token))) outcome.broken.push(`promise 1: a token is seen ${where}`);
  } finally {
    // The streams of Nest would keep theirs for seconds.
    serverOf(running.app)?.closeAllConnections?.();
    await running.app.close();
  }
  return { ...outcome, broken: [...new Set(outcome.broken.map(what => what.slice(0, 300)))], booted: true };
}

/** An application context has none, and a server of HTTP/2 closes its connections by itself. */
function serverOf(app: Partial<Running['app']>): { closeAllConnections?(): void } | undefined {
  return app.getHttpServer?.() as { closeAllConnections?(): void } | undefined;
}
