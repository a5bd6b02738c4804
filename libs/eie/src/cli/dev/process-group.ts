import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds in which an application may end its requests and close its audit log. */
const GRACE = 10_000;
const POLL = 50;
/** Milliseconds for what is left in its pipes: a process that has left the group may hold them open. */
const LAST_OUTPUT = 1_000;

export interface Started {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly output: (stream: 'stdout' | 'stderr', text: string) => void;
}

/** A command of the shell, and every process that it starts: `npm`, its shell, and the application below. They end together. */
export class ProcessGroup {
  /** Resolves when all have ended, with the exit code of the command; 128 and the number of the signal that has ended it. */
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #isStopping = false;

  constructor(command: string, { folder, env, output }: Started) {
    // A session of its own: a signal reaches all of it, and Ctrl-C only this process, which then waits.
    this.#child = spawn(command, {
      cwd: folder,
      env,
      shell: true,
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of ['stdout', 'stderr'] as const)
      this.#child[stream]!.setEncoding('utf8').on('data', (text: string) => output(stream, text));
    this.#closed = once(this.#child, 'close').catch(() => undefined);
    this.ended = this.#end();
  }

  /** Asks all of them to end (SIGTERM), and waits; after ten seconds those that are left are ended. */
  async stop(): Promise<number> {
    this.#isStopping = true;
    this.#signal('SIGTERM');
    const late = setTimeout(() => this.kill(), GRACE);
    return this.ended.finally(() => clearTimeout(late));
  }

  /** At once, whatever they are doing. */
  kill(): void {
    this.#signal('SIGKILL');
  }

  async #end(): Promise<number> {
    const leader = once(this.#child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    const [code, signal] = await leader.catch((): [number, null] => [127, null]);
    if (!this.#isStopping) this.#signal('SIGTERM');
    for (let end = performance.now() + GRACE; this.#isRunning(); await sleep(POLL))
      if (performance.now() > end) this.kill();
    await Promise.race([this.#closed, sleep(LAST_OUTPUT, undefined, { ref: false })]);
    return code ?? 128 + constants.signals[signal!];
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      if (process.platform === 'win32') this.#child.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      // None is left.
    }
  }

  #isRunning(): boolean {
    const { pid } = this.#child;
    if (pid === undefined || process.platform === 'win32') return false;
    try {
      process.kill(-pid, 0);
    } catch {
      return false;
    }
    return process.platform !== 'linux' || !onlyZombies(pid);
  }
}

/** In a container whose first process reaps nobody, an orphan that has ended keeps its number for ever. */
function onlyZombies(group: number): boolean {
  const states = readdirSync('/proc').flatMap(name => (/^\d+$/.test(name) ? (stateIn(name, group) ?? []) : []));
  return states.every(state => state === 'Z' || state === 'X');
}

/** proc_pid_stat(5): the number, the name in brackets, the state, the parent, the group. */
function stateIn(pid: string, group: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, , of] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return Number(of) === group ? state : undefined;
  } catch {
    return undefined;
  }
}
