import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { RequestStateStore } from 'execution-identity';
import { digest } from 'execution-identity/internal';
import { RedisScripts, type RedisStoreOptions } from './redis-client.js';
import { RedisStoreError } from './redis-store-error.js';
import { CLOCK_SKEW, SERVER_TIME } from './server-time.js';

const CIPHER = 'aes-256-gcm';
const [IV_BYTES, TAG_BYTES] = [12, 16];
const HANDLE = /^[\w-]{43}$/;
const LARGEST = 1_048_576;

const PUT = `${SERVER_TIME}
local expires = tonumber(ARGV[2])
local keep = math.max(expires, now + expires - tonumber(ARGV[3])) + ${CLOCK_SKEW}
return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EXAT', keep) and 1 or 0`;
const GET = `return redis.call('GET', KEYS[1])`;

interface Kept {
  readonly state: unknown;
  readonly expiresAt: number;
}

/**
 * A {@link RequestStateStore} in Redis. The handle is random. Redis has a hash of it, and the state encrypted (AES-256-GCM) with a key that is derived from the
 * handle (HKDF, RFC 5869) and bound to the owner: whoever reads Redis sees neither handle, owner nor state, and whoever writes there cannot make up a state.
 *
 * A state is kept until two minutes after it has expired, and counts until it expires, on the clock of the caller. It has 1 MiB at most. It can be read any number of times. While Redis is
 * away both methods reject. What Redis has lost is `undefined`.
 */
export class RedisRequestStateStore extends RequestStateStore {
  readonly #scripts: RedisScripts;

  /** @throws EieConfigurationError for a prefix with other characters, and for a client that queues commands without a bound */
  constructor(options: RedisStoreOptions) {
    super();
    this.#scripts = new RedisScripts(options, 'request-state');
  }

  /** @throws RedisStoreError (as a rejection) where Redis does not answer; RangeError for a state that is too large */
  override async put(state: unknown, owner: string, expiresAt: number, now: number): Promise<string> {
    const handle = randomBytes(32).toString('base64url');
    const kept: Kept = { state, expiresAt };
    const sealed = seal(JSON.stringify(kept), handle, owner);
    if (sealed.length > LARGEST) throw new RangeError('The state of a request is larger than 1 MiB.');
    const isNew = await this.#scripts.run(PUT, [digest(handle)], [sealed, Math.ceil(expiresAt), Math.floor(now)]);
    if (isNew !== 1) throw new RedisStoreError('unreadable');
    return handle;
  }

  /** @throws RedisStoreError (as a rejection) where Redis does not answer */
  override async get(handle: string, owner: string, now: number): Promise<unknown> {
    if (!HANDLE.test(handle)) return undefined;
    const sealed = await this.#scripts.run(GET, [digest(handle)], []);
    const kept = typeof sealed === 'string' ? open(sealed, handle, owner) : undefined;
    return kept && now < kept.expiresAt ? kept.state : undefined;
  }
}

const keyOf = (handle: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', handle, '', 'nestjs-eie-redis request state', 32));

function seal(text: string, handle: string, owner: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(handle), iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(owner));
  return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

function open(sealed: string, handle: string, owner: string): Kept | undefined {
  try {
    const bytes = Buffer.from(sealed, 'base64');
    const cipher = createDecipheriv(CIPHER, keyOf(handle), bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(-TAG_BYTES));
    const text = Buffer.concat([cipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), cipher.final()]);
    return JSON.parse(text.toString()) as Kept;
  } catch {
    return undefined;
  }
}
