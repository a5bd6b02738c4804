import { type OnModuleInit } from '@nestjs/common';
import { type HttpAdapterHost } from '@nestjs/core';
import { type EieOptions } from '../options/eie.options.js';
import { type KeyRing } from 'execution-identity/internal/seal';
import { DPOP_ALGORITHMS } from 'execution-identity/internal';
import { metadataUrls } from './challenge.js';
import { type Resources } from './resources.js';

/**
 * The public documents of this server: protected resource metadata (RFC 9728), at the root and at the path-aware URL,
 * and the keys that verify its sealed envelopes. Registered on the HTTP adapter itself, where no global prefix, version
 * or guard can hide them.
 */
export class WellKnownRoutes implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly options: Pick<EieOptions, 'resource' | 'issuers' | 'issuerSource' | 'scopesSupported'>,
    private readonly extra: { readonly keys?: KeyRing; readonly dpop?: boolean; readonly resources?: Resources } = {},
  ) {}

  onModuleInit(): void {
    const { resource, issuers, issuerSource, scopesSupported } = this.options;
    const metadata = {
      authorization_servers: [...issuers.map(({ issuer }) => issuer), ...(issuerSource?.advertised ?? [])],
      ...(scopesSupported && { scopes_supported: scopesSupported }),
      bearer_methods_supported: ['header'],
      ...(this.extra.dpop && { dpop_signing_alg_values_supported: DPOP_ALGORITHMS }),
    };
    const { root, pathAware } = metadataUrls(resource);
    for (const path of new Set([root, pathAware].map(pathOf))) this.#serve(path, { resource, ...metadata });
    for (const further of this.extra.resources?.further ?? [])
      this.#serve(pathOf(metadataUrls(further).pathAware), { resource: further, ...metadata });
    if (this.extra.keys) this.#serve('/.well-known/jwks.json', this.extra.keys.jwks);
  }

  #serve(path: string, document: object): void {
    const adapter = this.host.httpAdapter;
    adapter.get(path, (_request: unknown, response: unknown) => {
      adapter.setHeader(response, 'Cache-Control', 'public, max-age=300');
      // Clients in a browser read it before they have any credential.
      adapter.setHeader(response, 'Access-Control-Allow-Origin', '*');
      adapter.reply(response, document, 200);
    });
  }
}

const pathOf = (url: string): string => new URL(url).pathname;
