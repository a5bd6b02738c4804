import { randomBytes, randomUUID } from 'node:crypto';
import { type TestClient } from './server.options.js';
import { OAuthError } from './oauth-error.js';
import { clientDocument, isDocumentUrl } from './client-document.js';

/** Clients that register themselves, at most: a loop that forgets its registration takes no memory for ever. */
const MAX_REGISTERED = 1_000;

/** The clients of one server: those that it was started with, those that registered (RFC 7591), and those whose id is a document. */
export class Clients {
  readonly #known: Map<string, TestClient>;
  readonly #registered = new Set<string>();

  constructor(
    clients: readonly TestClient[],
    private readonly fetcher: typeof fetch,
  ) {
    this.#known = new Map(clients.map(client => [client.clientId, client]));
  }

  /** @throws OAuthError `invalid_client` */
  async find(clientId: string | null | undefined): Promise<TestClient> {
    const known = clientId ? this.#known.get(clientId) : undefined;
    if (known) return known;
    if (clientId && isDocumentUrl(clientId)) return clientDocument(clientId, this.fetcher);
    throw new OAuthError('invalid_client', 'The client is not registered.', 401);
  }

  /** Adds a client, or replaces the one of this id. */
  add(client: TestClient): void {
    this.#known.set(client.clientId, client);
  }

  /** Whether nobody but the client itself has registered it. */
  hasRegisteredItself({ clientId }: TestClient): boolean {
    return this.#registered.has(clientId);
  }

  /** A client of its own making. The oldest of them goes when there are too many. */
  register({ isPublic, ...client }: Omit<TestClient, 'clientId' | 'secret'> & { isPublic: boolean }): TestClient {
    const clientId = clientIdOf(client.name);
    const secret = randomBytes(32).toString('base64url');
    const made: TestClient = { ...client, clientId, ...(!isPublic && { secret }) };
    const [oldest] = this.#registered;
    if (oldest !== undefined && this.#registered.size >= MAX_REGISTERED) {
      this.#registered.delete(oldest);
      this.#known.delete(oldest);
    }
    this.#known.set(clientId, made);
    this.#registered.add(clientId);
    return made;
  }
}

/** One that a person recognises where no agent is named: the id of the client is that of the agent then. */
function clientIdOf(name = ''): string {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return [...words.join('-').slice(0, 40).split('-').filter(Boolean), randomUUID().slice(0, 8)].join('-');
}

export const isPublic = ({ secret, jwks }: TestClient): boolean => secret === undefined && jwks === undefined;
