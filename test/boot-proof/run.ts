import 'reflect-metadata';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ADAPTERS, type Adapter } from '../support/app.js';
import { startLoopback } from '../support/loopback.js';
import { startWorld, type World } from '../support/world.js';
import { boot, type Booted } from './application.js';
import { type Fixture, type Outcome } from './fixture.js';
import { runAlone } from './own-process.js';

const folder = new URL('fixtures/', import.meta.url);
const root = fileURLToPath(new URL('../../', import.meta.url));

interface Wanted {
  /** Only fixtures whose file name contains it. */
  readonly pattern?: string;
  /** Whether this process was started for this fixture. */
  readonly isAlone?: boolean;
  /** Default: those of each fixture. */
  readonly adapters?: readonly Adapter[];
}

export async function runFixtures({ pattern = '', isAlone = false, adapters }: Wanted = {}): Promise<Outcome[]> {
  const fixtures = await allFixtures();
  const [world, api] = [await startWorld(), await startLoopback()];
  const outcomes: Outcome[] = [];
  try {
    for (const { file, fixture } of fixtures.filter(one => one.file.includes(pattern))) {
      const others = fixtures.filter(one => one.file !== file);
      if (fixture.alone && !isAlone) outcomes.push(...(await runAlone(file)));
      else
        for (const adapter of adapters ?? fixture.adapters ?? ADAPTERS)
          outcomes.push({ file, ...(await runOne(fixture, adapter, { world, api: api.url }, others)) });
    }
  } finally {
    await Promise.all([world.close(), api.close()]);
  }
  return outcomes;
}

interface Named {
  readonly file: string;
  readonly fixture: Fixture;
}

const allFixtures = (): Promise<Named[]> =>
  Promise.all(
    readdirSync(folder)
      .sort()
      .map(async file => ({
        file,
        ...((await import(new URL(file, folder).href)) as { fixture: Fixture }),
      })),
  );

async function runOne(
  fixture: Fixture,
  adapter: Adapter,
  parts: { world: World; api: string },
  others: readonly Named[],
): Promise<Omit<Outcome, 'file'>> {
  // The twin first: what a faulty application leaves behind could otherwise be taken for its fault.
  const [twin, faulty] = [
    await within(fixture.env, () => bootOne(true)),
    await within(fixture.env, () => bootOne(false)),
  ];
  function bootOne(mended: boolean): Promise<Booted> {
    const setting = { ...parts, adapter, mended };
    return boot(() => fixture.build(setting), setting, mended ? fixture.calls : undefined);
  }
  const { name } = fixture;
  const bootsWhenMended = twin.error === undefined && twin.answers;
  return {
    name,
    adapter,
    error: faulty.error?.replaceAll(root, '') ?? null,
    namesCause: fixture.names.test(faulty.error ?? ''),
    namesFix: fixture.remedy.test(faulty.error ?? ''),
    bootsWhenMended,
    problems: [
      ...refusalProblems(fixture, faulty, others),
      ...(bootsWhenMended ? [] : [`mended, it ${twin.error ? `says: ${twin.error}` : 'gives a wrong answer'}`]),
    ],
  };
}

function refusalProblems({ names, remedy }: Fixture, { error, kind }: Booted, others: readonly Named[]): string[] {
  if (error === undefined) return ['it boots, and should be refused'];
  const alike = others.filter(({ fixture }) => fixture.names.test(error));
  return [
    ...(kind === 'EieConfigurationError' ? [] : [`it ends with a ${kind}: ${error}`]),
    ...(names.test(error) ? [] : [`the message does not name what is wrong: ${error}`]),
    ...(remedy.test(error) ? [] : [`the message does not say what to do: ${error}`]),
    ...(entries(error) > 1 ? [`the message has ${entries(error)} entries for one fault: ${error}`] : []),
    ...alike.map(({ fixture }) => `its message is that of another fixture too: ${fixture.name}`),
  ];
}

/** How many problems a message lists. */
const entries = (message: string): number => message.match(/^ {2}- /gm)?.length ?? 0;

/** Runs it with these variables of the environment. */
export async function within<T>(env: Fixture['env'] = {}, run: () => Promise<T>): Promise<T> {
  const before = Object.keys(env).map(name => [name, process.env[name]] as const);
  Object.assign(process.env, env);
  try {
    return await run();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
