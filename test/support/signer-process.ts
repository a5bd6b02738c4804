import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type JWK } from 'jose';
import { type Signer, type SignerPurpose } from 'nestjs-eie';

export interface SignerProcess {
  /** Its key for envelopes: ES256. */
  readonly envelope: Signer;
  /** Its key for client assertions: RS256. */
  readonly client: Signer;
  /** How many signatures it was asked for. */
  readonly asked: number;
  /** It hangs until `resume`, as a process does whose machine is gone. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

/** Starts a process that holds two keys, which never leave it. */
export async function startSignerProcess(): Promise<SignerProcess> {
  const process = fork(fileURLToPath(new URL('keys-elsewhere.mjs', import.meta.url)), {
    execArgv: [],
    serialization: 'advanced',
  });
  const [publicKeys] = (await once(process, 'message')) as [Record<SignerPurpose, JWK>];
  const waiting = new Map<number, (signature: Uint8Array) => void>();
  let asked = 0;
  process.on('message', ({ id, signature }: { id: number; signature: Uint8Array }) => {
    waiting.get(id)?.(signature);
    waiting.delete(id);
  });
  const signer = (kid: string, alg: Signer['alg'], own: SignerPurpose): Signer => ({
    kid,
    alg,
    publicKey: publicKeys[own],
    sign: (bytes, { purpose }) =>
      new Promise(resolve => {
        const id = asked++;
        waiting.set(id, resolve);
        process.send({ id, purpose, bytes });
      }),
  });
  return {
    envelope: signer('seal-elsewhere', 'ES256', 'envelope'),
    client: signer('client-elsewhere', 'RS256', 'client_assertion'),
    get asked() {
      return asked;
    },
    pause: () => void process.kill('SIGSTOP'),
    resume: () => void process.kill('SIGCONT'),
    close: () => ended(process),
  };
}

async function ended(process: ChildProcess): Promise<void> {
  const exit = once(process, 'exit');
  process.kill('SIGKILL');
  await exit;
}
