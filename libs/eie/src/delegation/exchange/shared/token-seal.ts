import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { compositeKey, digest } from 'execution-identity/internal';

/** Bytes. */
const [KEY, SALT, NONCE, TAG] = [32, 32, 12, 16];
const CIPHER = 'aes-256-gcm';
/** Of what is sealed. Another one is of another version of this library. */
const FORMAT = '1.';
const PURPOSE = 'nestjs-eie delegated tokens';

/**
 * Seals what the processes of one server share about their tokens, by one of their secrets. Only who has the secret, and is the same server, can open it, and
 * only at the place that it was sealed for.
 *
 * The place is a keyed hash (HMAC-SHA-256): who reads the store cannot find out whether it holds the token of somebody. What is sealed is encrypted and
 * authenticated (AES-256-GCM) by a key of its own, derived (HKDF, RFC 5869) from the secret, a random salt and the place: no number of tokens wears a key out.
 */
export class TokenSeal {
  readonly #placeKey: Uint8Array;
  readonly #sealKey: Uint8Array;

  /**
   * @param secret at least 32 characters, which nobody can guess
   * @param server the identifier of the server: another one that has the same secret opens nothing
   */
  constructor(secret: string, server: string) {
    const derive = (use: string): Uint8Array =>
      new Uint8Array(hkdfSync('sha256', secret, '', compositeKey(PURPOSE, use, digest(server)), KEY));
    [this.#placeKey, this.#sealKey] = [derive('place'), derive('seal')];
  }

  /** Where something is in the store: 43 characters of base64url. */
  place(id: string): string {
    return createHmac('sha256', this.#placeKey).update(id).digest('base64url');
  }

  seal(text: string, place: string): string {
    const salt = randomBytes(SALT);
    const [key, nonce] = this.#keys(salt, place);
    const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG }).setAAD(associated(place));
    const sealed = Buffer.concat([salt, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return FORMAT + sealed.toString('base64url');
  }

  /** @returns `undefined` for anything that was not sealed by this secret, of this server, for this place */
  open(sealed: string, place: string): string | undefined {
    try {
      const bytes = Buffer.from(sealed.slice(FORMAT.length), 'base64url');
      if (!sealed.startsWith(FORMAT) || bytes.length < SALT + TAG) return undefined;
      const [key, nonce] = this.#keys(bytes.subarray(0, SALT), place);
      const cipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG });
      cipher.setAAD(associated(place)).setAuthTag(bytes.subarray(-TAG));
      return Buffer.concat([cipher.update(bytes.subarray(SALT, -TAG)), cipher.final()]).toString();
    } catch {
      return undefined;
    }
  }

  #keys(salt: Uint8Array, place: string): readonly [key: Uint8Array, nonce: Uint8Array] {
    const bytes = new Uint8Array(hkdfSync('sha256', this.#sealKey, salt, compositeKey(PURPOSE, place), KEY + NONCE));
    return [bytes.subarray(0, KEY), bytes.subarray(KEY)];
  }
}

/** Whether something says that another version of this library has sealed it: both run while a server is updated. */
export const isOfAnotherVersion = (sealed: unknown): boolean =>
  typeof sealed === 'string' && /^[1-9]\d{0,2}\./.test(sealed) && !sealed.startsWith(FORMAT);

const associated = (place: string): Uint8Array => Buffer.from(compositeKey(FORMAT, PURPOSE, place));
