import { type IncomingHttpHeaders } from 'node:http';
import { localhostAllowedHostnames, localhostAllowedOrigins, validateHostHeader, validateOriginHeader } from '@modelcontextprotocol/server';
import { EieError } from '../eie.error.js';
import { type EieMcpOptions } from './mcp.options.js';

/**
 * Under which names a route may be called, and from which pages (MCP 2026-07-28, transport security): a page that rebinds its
 * own name to this machine brings that name in `Host`, and a page elsewhere brings its origin. Each is checked by itself.
 */
export class CallerNames {
  readonly #hosts: string[];
  readonly #origins: string[];

  constructor(resource: string, { allowedHosts = [], allowedOrigins = [] }: Pick<EieMcpOptions, 'allowedHosts' | 'allowedOrigins'>) {
    const { hostname } = new URL(resource);
    this.#hosts = [hostname, ...localhostAllowedHostnames(), ...allowedHosts];
    this.#origins = [hostname, ...localhostAllowedOrigins(), ...allowedOrigins];
  }

  /** `host_refused`, `origin_refused`, or nothing. */
  refusalOf({ host, origin }: IncomingHttpHeaders): EieError | undefined {
    if (!validateHostHeader(host, this.#hosts).ok) return new EieError('host_refused');
    return origin === undefined || validateOriginHeader(origin, this.#origins).ok ? undefined : new EieError('origin_refused');
  }
}
