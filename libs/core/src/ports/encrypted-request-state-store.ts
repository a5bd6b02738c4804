import { hkdfSync, randomBytes } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { EieConfigurationError } from '../errors.js';
import { RequestStateStore } from './request-state-store.js';

const SECRET_BYTES = 32;
const ALGORITHMS = { alg: 'dir', enc: 'A256GCM' } as const;

interface Kept {
  readonly state: unknown;
  readonly owner: string;
  readonly expiresAt: number;
}

/**
 * A {@link RequestStateStore} that keeps the state at the client, encrypted and authenticated (JWE, RFC 7516: `dir` with
 * A256GCM) and bound to its owner. Every process with the same key can read it. Nothing is stored here, so a handle
 * can be used any number of times until it expires.
 */
export class EncryptedRequestStateStore extends RequestStateStore {
  readonly #key: Uint8Array;

  /** Whether other processes can read what this one has put away: where a secret was given. */
  readonly isShared: boolean;

  /**
   * @param given at least 32 bytes, the same in every process that may see the next round. Default: a secret of this process
   * @throws EieConfigurationError for a shorter one, which could be guessed
   */
  constructor(given?: string | Uint8Array) {
    super();
    const secret = given ?? randomBytes(SECRET_BYTES);
    this.isShared = given !== undefined;
    if (Buffer.byteLength(secret) < SECRET_BYTES)
      throw new EieConfigurationError(
        `The secret of an EncryptedRequestStateStore must be at least ${SECRET_BYTES} bytes.`,
      );
    this.#key = new Uint8Array(hkdfSync('sha256', secret, '', 'execution-identity request state', 32));
  }

  override async put(state: unknown, owner: string, expiresAt: number): Promise<string> {
    const kept: Kept = { state, owner, expiresAt };
    return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(kept)))
      .setProtectedHeader(ALGORITHMS)
      .encrypt(this.#key);
  }

  override async get(handle: string, owner: string, now: number): Promise<unknown> {
    const kept = await this.#open(handle);
    return kept?.owner === owner && now < kept.expiresAt ? kept.state : undefined;
  }

  async #open(handle: string): Promise<Kept | undefined> {
    // Who takes a state once knows it by its handle: in another spelling it would be another one.
    if (!handle.split('.').every(isCanonical)) return undefined;
    try {
      const { plaintext } = await compactDecrypt(handle, this.#key, {
        keyManagementAlgorithms: [ALGORITHMS.alg],
        contentEncryptionAlgorithms: [ALGORITHMS.enc],
      });
      return JSON.parse(new TextDecoder().decode(plaintext)) as Kept;
    } catch {
      return undefined;
    }
  }
}

/** Decoders also read padding, white space and other bits behind the last byte (RFC 4648 §3.5). */
const isCanonical = (part: string): boolean => Buffer.from(part, 'base64url').toString('base64url') === part;
