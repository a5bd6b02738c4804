import { base64, type Bytes, fromBase64 } from './bytes.js';

const HASH_LENGTH = 32;

/** The state of a log: C2SP tlog-checkpoint. */
export interface Checkpoint {
  /** Which log this is. */
  readonly origin: string;
  /** How many records it has. */
  readonly size: number;
  /** RFC 6962 §2.1. */
  readonly root: Bytes;
}

/** The text that is signed. */
export const formatCheckpoint = ({ origin, size, root }: Checkpoint): string => `${origin}\n${size}\n${base64(root)}\n`;

/** @returns `undefined` for what is none. Lines after the third are left alone, as the format has it. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const lines = text.split('\n');
  const [origin, digits, encoded] = lines;
  if (lines.at(-1) !== '' || lines.slice(0, -1).includes('') || lines.length < 4) return undefined;
  if (!origin || !digits || encoded === undefined || !/^(0|[1-9]\d{0,15})$/.test(digits)) return undefined;
  const [size, root] = [Number(digits), fromBase64(encoded)];
  if (!Number.isSafeInteger(size) || root?.length !== HASH_LENGTH) return undefined;
  return { origin, size, root };
}
