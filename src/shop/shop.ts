import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { exportJWK, type JWK } from 'jose';
import { newKeyPair } from '../authorization-server/key-pair.js';
import { anchorOf, PARTS, type PartName, type Settings } from './settings.js';

export interface ShopOptions {
  ports: Record<PartName, number>;
  auditFolder: string;
  /** `pipe` keeps what the parts print from the terminal: listen to their `stdout` and `stderr`. */
  output: 'inherit' | 'pipe';
  /** The program of a part, and its arguments. Default: the part's own `main.js`. */
  program?: (part: PartName) => [file: string, ...args: string[]];
  /** Called for every process before it is told its settings. */
  onProcess?: (part: PartName, child: ChildProcess) => void;
}

export interface Shop {
  readonly settings: Settings;
  readonly processes: ReadonlyMap<PartName, ChildProcess>;
  close(): Promise<void>;
}

// A loaded machine takes long to start five programs.
const PATIENCE = 60_000;
const ownProgram = (part: PartName): [string] => [fileURLToPath(new URL(`../${part}/main.js`, import.meta.url))];

/** Starts every part of the shop as a process of its own, with keys that are made now and live as long as they do. */
export async function openShop({
  ports,
  auditFolder,
  output,
  program = ownProgram,
  onProcess,
}: ShopOptions): Promise<Shop> {
  await mkdir(anchorOf({ auditFolder }), { recursive: true });
  const [client, sealing] = await Promise.all([keyPair('client'), keyPair('sealing')]);
  const settings: Settings = { ports, auditFolder, mcpClientKey: client.publicJwk };
  const privateKeys = { client: client.privateJwk, sealing: sealing.privateJwk };

  const processes = new Map<PartName, ChildProcess>();
  const close = async (): Promise<void> => {
    await Promise.all([...processes.values()].map(stop));
  };
  try {
    await Promise.all(
      PARTS.map(async part => {
        const [file, ...args] = program(part);
        const child = fork(file, args, { stdio: [output, output, output, 'ipc'] });
        processes.set(part, child);
        onProcess?.(part, child);
        child.send(part === 'mcp-server' ? { ...settings, privateKeys } : settings);
        await started(part, child);
      }),
    );
  } catch (error) {
    await close();
    throw error;
  }
  return { settings, processes, close };
}

/** A key pair of this process, as JWKs. */
export async function keyPair(kid: string): Promise<{ publicJwk: JWK; privateJwk: JWK }> {
  const { publicKey, privateKey } = newKeyPair();
  const named = { kid, alg: 'ES256', use: 'sig' };
  return {
    publicJwk: { ...(await exportJWK(publicKey)), ...named },
    privateJwk: { ...(await exportJWK(privateKey)), ...named },
  };
}

function started(part: PartName, child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error(`${part} does not start`)), PATIENCE);
    const onMessage = (message: unknown): void => {
      if (message !== 'listening') return;
      clearTimeout(patience);
      child.off('message', onMessage);
      resolve();
    };
    child.on('message', onMessage);
    child.once('exit', () => {
      clearTimeout(patience);
      reject(new Error(`${part} stopped while it was starting`));
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'close');
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  await exited;
  clearTimeout(impatience);
}
