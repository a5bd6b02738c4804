import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { type Driven, drive, type Load } from './drive.js';

const LOADER = new URL('../../support/typescript-loader.mjs', import.meta.url).href;
/**
 * A server under load is not idle. One that waits while others are measured is: V8 would make its heap small and drop code that it had optimised, and
 * the next measurement would take up to three times as much.
 */
const NEVER_IDLE = '--no-memory-reducer';

/** What a server was asked for, as it says so itself. */
export interface Usage {
  /** Microseconds of processor time, all threads. */
  readonly cpu: number;
  /** Bytes, after a collection of garbage. */
  readonly heap?: number;
}

export interface Measured extends Driven {
  /** Microseconds of the server's processor time for a request. */
  readonly cpuUs: number;
}

/** Asked before anything is pinned: a process that is kept on one processor counts no other. */
const HAS_SEVERAL = availableParallelism() > 1;

/** Keeps a process on one processor, where the machine has a tool for it, so that server and driver do not take turns. */
export function pin(pid: number, processor: number): void {
  if (HAS_SEVERAL) spawnSync('taskset', ['-a', '-cp', String(processor), String(pid)], { stdio: 'ignore' });
}

/** Starts a program in a process of its own. @param about what it is told @returns the process, and what it says first */
export async function startProcess<Said>(
  program: URL,
  about: object,
  processor = 0,
): Promise<readonly [ChildProcess, Said]> {
  const child = fork(program, [], {
    execArgv: ['--import', LOADER, '--expose-gc', NEVER_IDLE, '--disable-warning=ExperimentalWarning'],
    env: { ...process.env, NODE_ENV: 'production' },
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  pin(child.pid!, processor);
  child.send(about);
  const [said] = (await Promise.race([once(child, 'message'), ended(child)])) as [Said];
  return [child, said];
}

/** Lets a process that was started end, and waits until it has. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.disconnect();
  await once(child, 'exit');
}

/** A server of a contender, in a process of its own. It tells its port, and what it has used. */
export class BenchServer {
  private constructor(
    private readonly process: ChildProcess,
    readonly port: number,
  ) {}

  /** @param program of the server @param about what it is told first */
  static async start(program: URL, about: object, { processor = 0 } = {}): Promise<BenchServer> {
    const [child, { port }] = await startProcess<{ port: number }>(program, about, processor);
    return new BenchServer(child, port);
  }

  async measure(load: Omit<Load, 'port'>): Promise<Measured> {
    const before = await this.usage();
    const sleep = stayAwake();
    const driven = await drive({ ...load, port: this.port }).finally(sleep);
    const after = await this.usage();
    return { ...driven, cpuUs: (after.cpu - before.cpu) / driven.requests };
  }

  /** @param settled whether garbage is collected first, so that the heap says what is kept */
  async usage(settled = false): Promise<Usage> {
    this.process.send({ usage: settled });
    const [usage] = (await once(this.process, 'message')) as [Usage];
    return usage;
  }

  close(): Promise<void> {
    return endProcess(this.process);
  }
}

/**
 * Who writes to a process that sleeps pays for waking it: up to 80 µs a request on a virtual machine, and nothing where the server is faster than its
 * driver, or answers many at once. No network does that to a server, so the driver never sleeps while it measures, except where the machine has one processor.
 */
function stayAwake(): () => void {
  let isAwake = HAS_SEVERAL;
  const goOn = (): void => void (isAwake && setImmediate(goOn));
  goOn();
  return () => (isAwake = false);
}

async function ended(child: ChildProcess): Promise<never> {
  const [code] = (await once(child, 'exit')) as [number];
  throw new Error(`A process of the benchmark has ended with code ${code} before it was ready.`);
}
