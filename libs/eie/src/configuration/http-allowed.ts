import { type AllowsHttp, httpAllowedBy } from '../options/insecure-http.js';
import { type PortsOptions } from '../options/process.options.js';

/** What may be called over http beyond loopback, by options that are perhaps not checked yet. */
export const httpAllowed = (options: { readonly ports?: PortsOptions } | null | undefined): AllowsHttp =>
  httpAllowedBy(options?.ports?.dangerouslyAllowHttp);
