import * as oauth from 'oauth4webapi';
import {
  type Diagnostics,
  type EieConfigurationError,
  EieError,
  type Signer,
  type HealthState,
} from 'execution-identity';
import { failuresOf } from 'execution-identity/internal';
import { localSigner, testSigner } from 'execution-identity/internal/sign';
import { type ClientOptions } from '../options/client.options.js';
import { privateKeyJwt } from './client-assertion.js';
import { clientSecretBasic, needsEncoding } from './client-secret-basic.js';

/** What client authentication depends on. */
interface ProofContext {
  readonly audienceOf: (server: oauth.AuthorizationServer) => string;
  readonly diagnostics: Diagnostics;
}

let authentication: (client: OAuthClient, context: ProofContext) => oauth.ClientAuth;
let problem: (client: OAuthClient) => Promise<string | undefined>;
let health: (client: OAuthClient) => HealthState;

/**
 * This server as a client of an issuer. Only its id can be read: no key, signer or secret can be reached from this object, and none of
 * its methods authenticates.
 */
export class OAuthClient {
  readonly clientId: string;
  /** Whether its id and secret look different in the header that it authenticates with. */
  readonly isEncoded: boolean;
  readonly #where: string;
  readonly #auth: ClientOptions['auth'];
  /** The error of an unusable key is kept for the boot check, which reports it with all other problems. */
  readonly #signer: Signer | EieConfigurationError | undefined;

  /** @param where the option that gave it, for messages */
  constructor({ clientId, auth }: ClientOptions, where: string) {
    this.clientId = clientId;
    this.#where = `${where}.auth`;
    this.#auth = auth;
    this.isEncoded = auth.method === 'client_secret_basic' && needsEncoding(clientId, auth.secret!);
    if (auth.method === 'private_key_jwt') this.#signer = auth.signer ?? this.#localSigner();
  }

  static {
    authentication = (client, context) => client.#authentication(context);
    problem = client => client.#problem();
    health = client => (client.#signer ? failuresOf(client.#signer).state() : 'up');
  }

  #localSigner(): Signer | EieConfigurationError {
    try {
      return localSigner(this.#auth.key!, `${this.#where}.key`);
    } catch (error) {
      return error as EieConfigurationError;
    }
  }

  #authentication({ audienceOf, diagnostics }: ProofContext): oauth.ClientAuth {
    // Of a client source alone: all others are tested at boot.
    if (this.#signer instanceof Error)
      throw new EieError('delegation_misconfigured', { finding: { fix: this.#signer.message } });
    if (this.#signer) return privateKeyJwt(this.#signer, audienceOf, diagnostics);
    const { method, secret } = this.#auth;
    return method === 'client_secret_basic' ? clientSecretBasic(secret!) : oauth.ClientSecretPost(secret!);
  }

  async #problem(): Promise<string | undefined> {
    if (!this.#signer) return undefined;
    try {
      if (this.#signer instanceof Error) throw this.#signer;
      await testSigner(this.#signer, 'client_assertion', { where: `${this.#where}.signer` });
      return undefined;
    } catch (error) {
      return (error as EieConfigurationError).message;
    }
  }
}

/** Client authentication at a token endpoint. For requests to the issuer alone. */
export const authenticationOf: typeof authentication = (client, context) => authentication(client, context);

/** How the signer of a client has answered lately. */
export const signerHealth: typeof health = client => health(client);

/** Tests the keys and signers of clients, at boot. Otherwise the first call would fail. */
export async function problemsOf(clients: Iterable<OAuthClient>): Promise<string[]> {
  const found = await Promise.all([...new Set(clients)].map(client => problem(client)));
  return found.flatMap(message => message ?? []);
}
