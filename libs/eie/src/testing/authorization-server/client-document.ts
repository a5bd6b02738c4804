import { OAuthError } from './oauth-error.js';
import { redirectUris } from './redirect-uris.js';
import { type TestClient } from './server.options.js';

const DEADLINE = 5_000;
/** Bytes: draft-ietf-oauth-client-id-metadata-document §6.6. */
const MAX_LENGTH = 5 * 1024;
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** Whether a client id is the address of its metadata: an https URL with a path. For tests an http URL on loopback, too. */
export function isDocumentUrl(clientId: string): boolean {
  if (!URL.canParse(clientId)) return false;
  const { protocol, hostname, pathname, hash, username, password } = new URL(clientId);
  const isUsable = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.includes(hostname));
  return isUsable && pathname !== '/' && !hash && !username && !password;
}

/**
 * What a client says of itself at the address that is its id: draft-ietf-oauth-client-id-metadata-document. It is a public client. The document
 * is fetched each time, follows no redirect, and must name this very id.
 *
 * @throws OAuthError `invalid_client`
 */
export async function clientDocument(clientId: string, fetcher: typeof fetch): Promise<TestClient> {
  const document = await fetched(clientId, fetcher);
  if (document.client_id !== clientId) throw refused('names another client_id');
  if (document.client_secret !== undefined) throw refused('holds a client_secret');
  const { client_name: name } = document;
  return {
    clientId,
    redirectUris: redirectUris(document.redirect_uris),
    ...(typeof name === 'string' && { name }),
  };
}

async function fetched(url: string, fetcher: typeof fetch): Promise<Record<string, unknown>> {
  const options: RequestInit = { redirect: 'error', signal: AbortSignal.timeout(DEADLINE) };
  const text = await fetcher(url, options)
    .then(response => textOf(response))
    .catch(() => {
      throw refused('cannot be fetched');
    });
  if (!text) throw refused(`was not answered with 200 and at most ${MAX_LENGTH} bytes`);
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    throw refused('is not JSON');
  }
}

/** Nothing of one that is too long, whose rest is not read. */
async function textOf({ ok, body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (!ok || length > MAX_LENGTH) return '';
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

const refused = (why: string): OAuthError =>
  new OAuthError('invalid_client', `The metadata document at the address that is the client id ${why}.`, 401);
