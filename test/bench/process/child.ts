import { fork } from 'node:child_process';
import { once } from 'node:events';
import { pin } from '../load/bench-server.js';
import { type Round } from '../load/rounds.js';
import { type Setting } from './operation.js';

const PROGRAM = new URL('./program.ts', import.meta.url);
const LOADER = new URL('../../support/typescript-loader.mjs', import.meta.url).href;

export interface ProcessAbout extends Setting {
  readonly group: 'stages' | 'receiver' | 'pipeline' | 'calls' | 'executions';
  readonly rounds: number;
  readonly isQuick: boolean;
}

/** Measures a group in a process of its own on processor 0, where nothing else runs. @returns what each round has measured */
export async function inProcess(about: ProcessAbout): Promise<Round[]> {
  const child = fork(PROGRAM, [], {
    execArgv: ['--import', LOADER, '--expose-gc', '--disable-warning=ExperimentalWarning'],
    env: { ...process.env, NODE_ENV: 'production' },
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  pin(child.pid!, 0);
  child.send(about);
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const measured = await Promise.race([once(child, 'message') as Promise<[Round[]]>, exit.then(() => undefined)]);
  const [code] = await exit;
  if (!measured || code !== 0)
    throw new Error(`The group ${about.group} of the benchmark has ended with code ${code}.`);
  return measured[0];
}
