import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from 'execution-identity/internal/cli';
import { type DevProject } from './dev-project.js';
import { addressOf, isListening } from './listening.js';

/** How `nestjs-eie token` finds the server that runs for a project. */
export interface DevSession {
  readonly pid: number;
  /** Of the page. */
  readonly url: string;
  /** Who can read the file may ask for tokens. */
  readonly secret: string;
}

const fileOf = ({ cache }: Pick<DevProject, 'cache'>): string => join(cache, 'dev.json');

export const newSecret = (): string => randomBytes(32).toString('base64url');

/**
 * Refuses a second server for one project, and removes what one has left that was killed.
 *
 * @returns whether one was killed
 * @throws UsageError
 */
export async function clearSession(project: DevProject): Promise<boolean> {
  if (!existsSync(fileOf(project))) return false;
  const session = readSession(project);
  if (session && (await isAnswering(session)))
    throw new UsageError(`nestjs-eie dev runs for this project already, as process ${session.pid}: ${session.url}/`);
  rmSync(fileOf(project), { force: true });
  return true;
}

/** Only this user can read it. @throws UsageError where another server has started at the same time */
export function writeSession(project: DevProject, session: DevSession): void {
  mkdirSync(project.cache, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(fileOf(project), JSON.stringify(session), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new UsageError('Another nestjs-eie dev has started for this project at the same time: use that one.');
  }
}

/** Leaves that of another server. */
export function removeSession(project: DevProject, secret: string): void {
  if (readSession(project)?.secret === secret) rmSync(fileOf(project), { force: true });
}

/** The server that runs for a project. @throws UsageError which says how to start one */
export function runningSession(project: DevProject): DevSession {
  const start = 'Start it with: npx nestjs-eie dev -- npm run start:dev';
  const session = readSession(project);
  if (!session) throw new UsageError(`nestjs-eie dev does not run for ${project.folder}. ${start}`);
  if (isRunning(session.pid)) return session;
  throw new UsageError(`nestjs-eie dev was ended from outside, as process ${session.pid}. ${start}`);
}

function readSession(project: DevProject): DevSession | undefined {
  try {
    return (JSON.parse(readFileSync(fileOf(project), 'utf8')) ?? undefined) as DevSession | undefined;
  } catch {
    return undefined;
  }
}

/** After a restart of the machine or the container another process may have its number. */
async function isAnswering({ pid, url }: DevSession): Promise<boolean> {
  return isRunning(pid) && URL.canParse(url) && (await isListening(addressOf(url, undefined)));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
