import { type IncomingHttpHeaders } from 'node:http';
import {
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  validateHostHeader,
  validateOriginHeader,
} from '@modelcontextprotocol/server';
import { EieError } from 'execution-identity';

/** A host and its port (RFC 9110 §7.2), without the user information that a URL can have. */
const HOST = /^[\w.:[\]-]+$/;

/** A client chooses the port. */
const MAX_KNOWN = 100;

/** Host names in addition to that of the resource and those of the loopback interface. */
export interface AllowedNames {
  readonly allowedHosts?: readonly string[];
  readonly allowedOrigins?: readonly string[];
}

/**
 * The host names under which a route may be called, and the web pages that may call it (MCP 2026-07-28, transport security). A page that
 * rebinds its own name to this machine (DNS rebinding) sends that name in `Host`; every page sends its `Origin`. Both are checked.
 */
export class CallerNames {
  readonly #hosts: string[];
  readonly #origins: string[];
  /** Values of `Host` that were found good: there are few, with their ports. */
  readonly #known = new Set<string>();

  constructor(resource: string, { allowedHosts = [], allowedOrigins = [] }: AllowedNames) {
    const { hostname } = new URL(resource);
    this.#hosts = [hostname, ...localhostAllowedHostnames(), ...allowedHosts];
    this.#origins = [hostname, ...localhostAllowedOrigins(), ...allowedOrigins];
  }

  /** `host_refused`, `origin_refused`, or nothing. */
  refusalOf({ host, origin, ':authority': authority }: IncomingHttpHeaders): EieError | undefined {
    // HTTP/2 has `:authority` in place of `Host`, and a client may send both.
    const names = [host, authority as string | undefined].filter(name => name !== undefined);
    if (!names.length || !names.every(name => this.#isHost(name))) return new EieError('host_refused');
    return origin === undefined || validateOriginHeader(origin, this.#origins).ok
      ? undefined
      : new EieError('origin_refused');
  }

  #isHost(name: string): boolean {
    if (this.#known.has(name)) return true;
    if (!HOST.test(name) || !validateHostHeader(name, this.#hosts).ok) return false;
    if (this.#known.size < MAX_KNOWN) this.#known.add(name);
    return true;
  }
}
