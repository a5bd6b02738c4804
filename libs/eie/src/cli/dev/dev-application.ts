import { setTimeout as sleep } from 'node:timers/promises';
import { type DevApplication } from './dev-page.js';
import { LastLines } from './last-lines.js';
import { type Address, isListening } from './listening.js';
import { ProcessGroup, type Started } from './process-group.js';

/** Milliseconds between two looks at the port, and between two looks of the page at what is printed. */
const POLL = 250;
/** Compilers that watch clear the screen, and with it the address of the page. */
// eslint-disable-next-line no-control-regex -- the codes of a terminal (ECMA-48) are controls
const CLEARS = /\u001b(?:c|\[[23]?J|\[H)/g;

export interface DevApplicationParts extends Started {
  readonly command: string;
  readonly resource: string;
  readonly address: Address;
  readonly changed: (application: DevApplication) => void;
  /** It has ended without being asked to. */
  readonly stopped: (exitCode: number) => void;
}

/** The application of the user: one process at a time, started again when it is told to. */
export class SupervisedApplication {
  readonly #lines = new LastLines();
  #state: DevApplication['state'] = 'starting';
  #group: ProcessGroup | undefined;
  /** One that was asked to end, and may take its time. */
  #leaving: ProcessGroup | undefined;
  #exitCode: number | null = null;
  /** One start or stop after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #isRestartWaiting = false;
  #isEnding = false;
  #shown = '';

  constructor(private readonly parts: DevApplicationParts) {}

  get now(): DevApplication {
    const { command, resource } = this.parts;
    return { state: this.#state, command, resource, exitCode: this.#exitCode, output: this.#lines.lines };
  }

  /** Ends the process that runs, and starts another one. Asked for several times before it begins, it happens once. */
  restart(): Promise<unknown> {
    if (this.#isRestartWaiting) return this.#turn;
    this.#isRestartWaiting = true;
    return this.#next(async () => {
      this.#isRestartWaiting = false;
      await this.#stop();
      if (!this.#isEnding) this.#start();
    });
  }

  /** @returns the exit code of the last process */
  async end(): Promise<number> {
    this.#isEnding = true;
    await this.#next(() => this.#stop());
    return this.#exitCode ?? 0;
  }

  /** At once. */
  kill(): void {
    (this.#group ?? this.#leaving)?.kill();
  }

  #next(act: () => Promise<unknown>): Promise<unknown> {
    this.#turn = this.#turn.then(act);
    return this.#turn;
  }

  #start(): void {
    this.#lines.clear();
    this.#exitCode = null;
    this.#state = 'starting';
    const group = new ProcessGroup(this.parts.command, {
      ...this.parts,
      output: (stream, text) => {
        this.#lines.add(stream, text);
        this.parts.output(stream, text.replaceAll(CLEARS, ''));
      },
    });
    this.#group = group;
    void this.#look(group);
    void group.ended.then(code => {
      if (this.#group !== group) return;
      this.#ended(code);
      this.parts.stopped(code);
    });
  }

  async #stop(): Promise<void> {
    const group = this.#group;
    [this.#group, this.#leaving] = [undefined, group];
    if (group) this.#ended(await group.stop());
    this.#leaving = undefined;
  }

  #ended(code: number): void {
    this.#group = undefined;
    this.#state = 'stopped';
    this.#exitCode = code;
    this.#show();
  }

  /** For as long as this process runs: one that watches its own sources stops to listen when it starts its application anew. */
  async #look(group: ProcessGroup): Promise<void> {
    while (this.#group === group) {
      const is = await isListening(this.parts.address);
      if (this.#group !== group) return;
      this.#state = is ? 'listening' : 'starting';
      this.#show();
      await sleep(POLL, undefined, { ref: false });
    }
  }

  #show(): void {
    const shown = JSON.stringify(this.now);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.parts.changed(this.now);
  }
}
