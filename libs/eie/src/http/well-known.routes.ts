import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DPOP_ALGORITHMS } from 'execution-identity/internal';
import { ServerProfile } from '../configuration/server-profile.js';
import { openToPages } from './browser-access.js';
import { type HttpRequest, nodeRequest } from './http-request.js';
import { metadataUrls } from './metadata-urls.js';
import { Resources, type RouteResource } from './resources.js';

/** The same for every copy of this package and for both root modules: the boot checks refuse two of them, and say why. */
const MOUNTED = Symbol.for('nestjs-eie.documents');

/**
 * The public documents of this server: protected resource metadata (RFC 9728), at the root and at the path-aware URL,
 * and the keys that verify its sealed envelopes. They are registered on the HTTP adapter itself, so that no global prefix,
 * version or guard affects them.
 */
@Injectable()
export class WellKnownRoutes {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(ServerProfile) private readonly profile: ServerProfile,
    @Inject(Resources) private readonly resources: Resources,
  ) {}

  /**
   * Once, when every route has named its resource, and before Nest registers the routes of the application: on Express a handler for every
   * path would answer in place of the documents. An application without an HTTP adapter serves none.
   */
  mount(): void {
    // It is null in an application context and in a microservice, whatever its type says.
    const adapter = this.host.httpAdapter as object | null;
    if (!adapter || Reflect.has(adapter, MOUNTED)) return;
    Reflect.set(adapter, MOUNTED, true);
    const { jwks } = this.profile;
    const { main, further } = this.resources;
    const { root, pathAware } = metadataUrls(main);
    for (const path of new Set([root, pathAware].map(pathOf))) this.#serve(path, this.#metadata({ resource: main }));
    for (const one of further) this.#serve(pathOf(metadataUrls(one.resource).pathAware), this.#metadata(one));
    if (jwks) this.#serve('/.well-known/jwks.json', jwks);
  }

  #metadata(route: RouteResource): object {
    const { authorizationServers, acceptsDpop, acceptsCertificates } = this.profile;
    const { resource, issuers } = route;
    const scopes = this.resources.scopesSupported(route);
    const servers = authorizationServers.filter(one => !issuers || issuers.includes(one));
    return {
      resource,
      // What is empty is left out: RFC 9728 §3.2.
      ...(servers.length && { authorization_servers: servers }),
      ...(scopes.length && { scopes_supported: scopes }),
      bearer_methods_supported: ['header'],
      ...(acceptsDpop && { dpop_signing_alg_values_supported: DPOP_ALGORITHMS }),
      ...(this.profile.requiresDpop(issuers) && { dpop_bound_access_tokens_required: true }),
      ...(acceptsCertificates && { tls_client_certificate_bound_access_tokens: true }),
    };
  }

  #serve(path: string, document: object): void {
    const adapter = this.host.httpAdapter;
    adapter.get(path, (request: HttpRequest, response: unknown) => {
      adapter.setHeader(response, 'Cache-Control', 'public, max-age=300');
      // Clients in a browser read it before they have any credential.
      openToPages(adapter, nodeRequest(request).headers, response);
      adapter.reply(response, document, 200);
    });
    // MCP clients send `MCP-Protocol-Version`, so a page asks first (Fetch standard, CORS preflight).
    adapter.options(path, (_request: unknown, response: unknown) => {
      adapter.setHeader(response, 'Access-Control-Allow-Origin', '*');
      adapter.setHeader(response, 'Access-Control-Allow-Methods', 'GET');
      adapter.setHeader(response, 'Access-Control-Allow-Headers', '*');
      adapter.reply(response, '', 204);
    });
  }
}

const pathOf = (url: string): string => new URL(url).pathname;
