import { connect } from 'node:net';
import { isLoopback } from 'execution-identity/internal';
import { metadataUrls } from '../../http/metadata-urls.js';

/** Milliseconds. */
const PATIENCE = 2_000;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where the application listens: at its resource, or on this machine where that is the address of a tunnel or a proxy. */
export function addressOf(resource: string, port: string | undefined): Address {
  const url = new URL(resource);
  if (!isLoopback(url)) return { host: 'localhost', port: Number(port) || 3000 };
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
  };
}

/** Whether something takes connections there. Nothing is sent. */
export function isListening(address: Address): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(address);
    const end = (is: boolean) => (): void => {
      socket.destroy();
      resolve(is);
    };
    socket.setTimeout(PATIENCE, end(false)).on('connect', end(true)).on('error', end(false));
  });
}

/** `scopes_supported` of the metadata of a resource (RFC 9728); none where it has none, or does not answer. */
export async function scopesOf(resource: string): Promise<readonly string[]> {
  try {
    const options: RequestInit = { redirect: 'error', signal: AbortSignal.timeout(PATIENCE) };
    const response = await fetch(metadataUrls(resource).pathAware, options);
    const { scopes_supported: scopes } = Object(await response.json()) as { scopes_supported?: unknown };
    return Array.isArray(scopes) ? scopes.filter(one => typeof one === 'string') : [];
  } catch {
    return [];
  }
}
