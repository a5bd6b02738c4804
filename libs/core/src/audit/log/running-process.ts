import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, so named that another one of the same number is not taken for it. */
export interface ProcessName {
  readonly host: string;
  readonly pid: number;
  /** The start of the machine and that of the process in it; `null` where the system does not tell. */
  readonly start: string | null;
}

export const thisProcess = (): ProcessName => ({
  host: hostname(),
  pid: process.pid,
  start: startOf(process.pid) ?? null,
});

/** Whether it may still run. Of another host nothing is known, so it may. */
export function mayRun({ host, pid, start }: ProcessName): boolean {
  if (host !== hostname()) return true;
  const now = startOf(pid);
  if (start !== null && process.platform === 'linux') return now === start;
  return now !== undefined || answers(pid);
}

/** The field numbers are those of proc(5); the name of the command, in brackets, may hold anything. A dead process without a parent's `wait` has ended. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}:${fields[19]}`;
  } catch {
    return undefined;
  }
}

function answers(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
