import { type Clients } from '../clients.js';
import { type Form } from '../http/form.js';
import { type Codes } from '../codes.js';
import { type TestClient, type TestResource, type TestUser } from '../server.options.js';
import { type SigningKeys } from '../signing-keys.js';
import { type TokenMint } from '../token-mint.js';

/** What the grants of one server work with. */
export interface GrantParts {
  readonly issuer: string;
  readonly audience: string | undefined;
  readonly keys: SigningKeys;
  readonly mint: TokenMint;
  readonly codes: Codes;
  readonly clients: Clients;
  readonly users: ReadonlyMap<string, TestUser>;
  readonly resources: ReadonlyMap<string, TestResource>;
}

/** One way to a token, by an authenticated client. Gives the members of the answer: RFC 6749 §5.1. */
export type Grant = (form: Form, client: TestClient, parts: GrantParts) => Promise<Record<string, unknown>>;
