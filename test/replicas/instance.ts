import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type RevokedIdentity } from 'nestjs-eie';
import { type InstanceSetup, type Order } from './instance-process.js';
import { type Run } from './probe.module.js';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** One process of the reference application. */
export class Instance {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
  #last = 0;
  #printed = '';

  private constructor(readonly port: number) {
    this.#child = fork(path('instance-process.ts'), {
      execArgv: ['--import', path('../support/typescript-loader.mjs')],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#printed = (this.#printed + text).slice(-4000)));
    this.#child.on('message', (told: { id: number; answer?: unknown; error?: string }) => {
      const { resolve, reject } = this.#waiting.get(told.id)!;
      this.#waiting.delete(told.id);
      if (told.error === undefined) resolve(told.answer);
      else reject(new Error(told.error));
    });
    this.#child.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`An instance has ended.\n${this.#printed}`));
    });
  }

  static async start(setup: InstanceSetup): Promise<Instance> {
    const instance = new Instance(setup.port);
    await instance.#obey({ setup });
    return instance;
  }

  purge(revoked: RevokedIdentity): Promise<void> {
    return this.#obey({ purge: revoked });
  }

  /** What has run since this was asked last. */
  runs(): Promise<Run[]> {
    return this.#obey({ runs: true });
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }

  #obey<Answer>(order: Order): Promise<Answer> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject });
      this.#child.send({ id, order });
    });
  }
}
