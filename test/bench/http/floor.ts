import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { fdatasync, mkdirSync, openSync, write } from 'node:fs';
import { join } from 'node:path';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { tap } from 'rxjs';
import { type PublicKeys } from '../load/tokens.js';

/** A request whose guard has found a user. */
export interface Authenticated {
  readonly headers: { readonly authorization?: string };
  user?: { readonly sub?: string } | undefined;
}

/**
 * The least that a durable record can be: a line, written and flushed (`fdatasync`) with all those that came meanwhile. It is no audit log: it has no
 * tree, no lock and no rotation, and a failing disk ends the process.
 */
export class DurableLines {
  readonly #file: number;
  #lines = '';
  #waiting: (() => void)[] = [];
  #isBusy = false;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#file = openSync(join(folder, `${process.pid}.jsonl`), 'a');
  }

  /** Not waited for: the next {@link flushed} line takes it along. */
  add(line: object): void {
    this.#lines += `${JSON.stringify(line)}\n`;
  }

  /** @returns when it is on the disk */
  flushed(line: object): Promise<void> {
    this.add(line);
    if (!this.#isBusy) setImmediate(() => this.#flush());
    this.#isBusy = true;
    return new Promise(resolve => this.#waiting.push(resolve));
  }

  #flush(): void {
    const [lines, waiting] = [this.#lines, this.#waiting];
    [this.#lines, this.#waiting] = ['', []];
    write(this.#file, lines, error => {
      if (error) throw error;
      fdatasync(this.#file, failed => {
        if (failed) throw failed;
        for (const resolve of waiting) resolve();
        this.#isBusy = this.#waiting.length > 0;
        if (this.#isBusy) setImmediate(() => this.#flush());
      });
    });
  }
}

export const record = (event: string, { user }: Authenticated): object => ({
  event,
  time: Date.now(),
  actor_sub: user?.sub,
  agent_id: 'assistant',
});

/** Adds a line when the handler has answered. */
export function recording(lines: DurableLines): new () => NestInterceptor {
  @Injectable()
  class RecordingInterceptor implements NestInterceptor {
    intercept(context: ExecutionContext, next: CallHandler) {
      const request = context.switchToHttp().getRequest<Authenticated>();
      return next.handle().pipe(tap(() => lines.add(record('outcome', request))));
    }
  }
  return RecordingInterceptor;
}

/** A signature and three claims, by `node:crypto` alone. It is NOT a verification to use: nothing else of the token is looked at. */
export function barelyVerified(
  { headers }: Authenticated,
  key: KeyObject,
  [issuer, audience]: readonly [string, string],
): Authenticated['user'] {
  const token = headers.authorization?.slice('Bearer '.length) ?? '';
  const [header, claims, signature] = token.split('.', 3) as [string, string, string];
  const { alg } = read<{ alg: string }>(header);
  const signed = Buffer.from(token.slice(0, token.lastIndexOf('.')), 'latin1');
  if (alg !== 'RS256' || !verify('sha256', signed, key, Buffer.from(signature, 'base64url'))) return undefined;
  const { iss, aud, exp, sub } = read<{ iss: string; aud: string; exp: number; sub: string }>(claims);
  return iss === issuer && aud === audience && exp > Date.now() / 1000 ? { sub } : undefined;
}

export const publicKey = ({ pem }: PublicKeys): KeyObject => createPublicKey(pem);

const read = <T>(part: string): T => JSON.parse(Buffer.from(part, 'base64url').toString()) as T;
