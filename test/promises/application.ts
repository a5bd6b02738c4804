import { type INestApplication } from '@nestjs/common';
import { type Adapter, type RecordingLog } from '../support/app.js';
import { type Loopback } from '../support/loopback.js';
import { type World } from '../support/world.js';

/** What the library promises: `docs/threat-model.md`. */
export const PROMISES = [1, 2, 3, 4, 5] as const;
export type PromiseNumber = (typeof PROMISES)[number];

/** The lines of Nest that are supported. */
export const NESTS = ['12', '11'] as const;
export type Nest = (typeof NESTS)[number];

/** What an application is started with. */
export interface Stage {
  readonly nest: Nest;
  readonly adapter: Adapter;
  readonly world: World;
  readonly auditLog: RecordingLog;
  /** The API behind the application. It answers what it is asked, and at `/echo` everything that it was sent. */
  readonly api: Loopback;
  /** The tokens that were minted since the application started. */
  tokens(): string[];
  /** Code of the application calls it with everything that it can see. No token may ever be in there. */
  see(where: string, value: unknown): void;
}

/** A running application. Code of the library is only reached as any application reaches it. */
export interface Running {
  readonly app: INestApplication;
  readonly url: string;
  /** Sends an HTTP request; the default is a real one to `url`. */
  readonly send: Send;
}

export type Send = (path: string, init?: RequestInit) => Promise<{ status: number; text: string }>;

/** A call that must succeed. It rejects where it does not. */
export interface Legitimate {
  readonly name: string;
  run(): Promise<void>;
}

/** An attack on one promise. */
export interface Attack {
  readonly promise: PromiseNumber;
  readonly name: string;
  /** @returns how the promise was broken; `undefined` when it holds */
  run(): Promise<string | undefined>;
}

/** An application as a competent team would ship it, on a page. */
export interface Application {
  readonly name: string;
  /** Default: both. */
  readonly adapters?: readonly Adapter[];
  /** Default: both. */
  readonly nests?: readonly Nest[];
  /** `none`: it serves no HTTP, and is started once. */
  readonly transport?: 'none';
  /** What the message says that refuses it at boot. An application without it must boot. */
  readonly refusedWith?: RegExp;
  start(stage: Stage): Promise<Running>;
  legitimate(running: Running, stage: Stage): Legitimate[];
  /** At least one on each promise, if the application boots. */
  attacks(running: Running, stage: Stage): Attack[];
}
