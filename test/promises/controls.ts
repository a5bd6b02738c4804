import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { GAP_FAULTS } from './faults/gaps.js';
import { IDENTITY_FAULTS } from './faults/identities.js';
import { RECORD_FAULTS } from './faults/records.js';
import { RIGHT_FAULTS } from './faults/rights.js';
import { TOKEN_FAULTS } from './faults/tokens.js';
import { type Fault } from './faults/fault.js';
import { type Outcome } from './run.js';

export const FAULTS = [TOKEN_FAULTS, IDENTITY_FAULTS, GAP_FAULTS, RIGHT_FAULTS, RECORD_FAULTS];

/** Processes at the same time. */
const WORKERS = 2;

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const PRELOADS = ['../support/typescript-loader.mjs', 'plant.mjs'].flatMap(file => ['--import', path(file)]);

export interface Control extends Pick<Fault, 'promise' | 'cause'> {
  readonly planted: boolean;
  readonly found: boolean;
}

/** Plants each fault in a process of its own, and runs the application that must find it. */
export async function runControls({ isQuick }: { isQuick: boolean }): Promise<Control[]> {
  const faults = FAULTS.flatMap(ofPromise => (isQuick ? ofPromise.slice(0, 1) : ofPromise));
  const controls: Control[] = [];
  const left = faults.map((fault, i) => ({ fault, i }));
  const work = async () => {
    for (let next = left.shift(); next; next = left.shift()) controls[next.i] = await plant(next.fault);
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return controls;
}

async function plant({ promise, cause, application, edits }: Fault): Promise<Control> {
  const child = spawn(
    process.execPath,
    [...PRELOADS, path('promises.ts'), '--json', '--no-controls', '--nest', '12', application],
    { env: { ...process.env, PLANTED_FAULT: JSON.stringify(edits) }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const line = stdout.trim().split('\n').at(-1) ?? '';
  const applications = line.startsWith('{') ? (JSON.parse(line) as { applications: Outcome[] }).applications : [];
  const broken = applications.flatMap(outcome => outcome.broken);
  const found = broken.some(what => what.startsWith(`promise ${promise}`));
  const planted = applications.length > 0;
  return { promise, cause, planted, found, ...(found ? {} : { broken, stderr: stderr.slice(-500) }) };
}
