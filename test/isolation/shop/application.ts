import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Settings } from '../../../src/shop/settings.js';
import { type Edit } from '../bug.js';
import { type Order } from './application-process.js';

/** Milliseconds until an application serves, on a machine that is busy. */
const PATIENCE = 120_000;

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** A process that serves the MCP server of the shop, for one shop after the other. */
export class ApplicationProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #printed = '';

  /** @param edits of the library, in this process */
  constructor(edits: readonly Edit[] = []) {
    const preloads = ['../../support/typescript-loader.mjs', ...(edits.length ? ['../../promises/plant.mjs'] : [])];
    this.#child = fork(path('application-process.ts'), {
      execArgv: preloads.flatMap(file => ['--import', path(file)]),
      env: { ...process.env, PLANTED_FAULT: JSON.stringify(edits) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#ended = once(this.#child, 'exit');
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#printed = (this.#printed + text).slice(-4000)));
  }

  /** @param file of a bug, which the application has then */
  serve(settings: Settings, file?: string): Promise<void> {
    return this.#obey({ settings, file }, PATIENCE);
  }

  /** A bug may have left requests that are never answered: then the process ends. */
  async stop(): Promise<void> {
    await this.#obey('stop', 5_000).catch(() => this.end());
  }

  async end(): Promise<void> {
    if (this.hasEnded) return;
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async #obey(order: Order, patience: number): Promise<void> {
    const waiting = new AbortController();
    const signal = AbortSignal.any([waiting.signal, AbortSignal.timeout(patience)]);
    const answered = once(this.#child, 'message', { signal });
    this.#child.send(order);
    const [message] = (await Promise.race([answered, this.#ended.then(() => ['ended'])])) as [string];
    answered.catch(() => undefined);
    waiting.abort();
    if (message !== 'done') throw new Error(`The application does not start:\n${this.#printed}`);
  }
}
