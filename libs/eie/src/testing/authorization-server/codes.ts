import { randomBytes } from 'node:crypto';
import { type TestClient } from './server.options.js';

/** Seconds. */
const PENDING = 600;
const CODE = 60;
const REFRESH = 8 * 3600;
/** Of each kind, at most. */
const CAPACITY = 1_000;

/** What a client asks a user for. */
export interface AuthorizationRequest {
  readonly client: TestClient;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly scopes: readonly string[];
  readonly resource: string;
  readonly audience: string;
  readonly state?: string | undefined;
  readonly nonce?: string | undefined;
}

/** What a user has allowed. */
export interface Allowed extends AuthorizationRequest {
  readonly sub: string;
  /** Seconds since the epoch. */
  readonly authTime: number;
  readonly sid: string;
}

/** Requests that wait for a user, codes and refresh tokens: each is taken once, and expires. */
export class Codes {
  readonly pending = new Once<AuthorizationRequest>(PENDING);
  readonly codes = new Once<Allowed>(CODE);
  readonly refresh = new Once<Allowed>(REFRESH);
}

/** Values under names that nobody guesses. Each can be taken once. */
class Once<Value> {
  readonly #values = new Map<string, { readonly value: Value; readonly until: number }>();

  /** @param lifetime seconds */
  constructor(private readonly lifetime: number) {}

  put(value: Value): string {
    const name = randomBytes(32).toString('base64url');
    const [oldest] = this.#values.keys();
    if (oldest !== undefined && this.#values.size >= CAPACITY) this.#values.delete(oldest);
    this.#values.set(name, { value, until: Date.now() + this.lifetime * 1000 });
    return name;
  }

  take(name: string): Value | undefined {
    const found = this.#values.get(name);
    this.#values.delete(name);
    return found && found.until > Date.now() ? found.value : undefined;
  }
}
