import { Inject, Injectable } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';

/** A route on the HTTP adapter that no handler of Nest serves. */
export interface RawRoute {
  readonly method: string;
  readonly path: string;
}

/** An Express application, as far as its routes are read. It makes its router when it is first asked. */
interface ExpressLike {
  readonly router?: { readonly stack?: readonly ExpressLayer[] };
}
interface ExpressLayer {
  readonly route?: { readonly path: unknown; readonly methods: Readonly<Record<string, boolean>> };
}
interface FastifyLike {
  addHook(name: 'onRoute', hook: (route: { method: string | string[]; url: string }) => void): void;
}

/**
 * The routes that the application has put on its HTTP adapter before Nest registers its own: `app.getHttpAdapter().get(…)`, the pages of
 * `SwaggerModule.setup()`. No guard stands before them. It does NOT see applications that are mounted with `app.use()`, nor routes that modules
 * add while they are initialised, nor those of a Fastify instance from before it was given to Nest.
 */
@Injectable()
export class RawRoutes {
  readonly #host: HttpAdapterHost;
  readonly #onFastify: RawRoute[] = [];
  #found: readonly RawRoute[] | undefined;

  constructor(@Inject(HttpAdapterHost) host: HttpAdapterHost) {
    this.#host = host;
    // In a testing module the adapter comes later.
    if (host.httpAdapter as AbstractHttpAdapter | undefined) this.#watch();
    else host.init$.subscribe(() => this.#watch());
  }

  /** Called before Nest registers middleware and routes, and before those of this library. Only the first call counts. */
  note(): void {
    const adapter = this.#host.httpAdapter as AbstractHttpAdapter | null;
    this.#found ??= adapter ? distinct(adapter.getType() === 'fastify' ? this.#onFastify : onExpress(adapter)) : [];
  }

  get found(): readonly RawRoute[] {
    return this.#found ?? [];
  }

  #watch(): void {
    const adapter = this.#host.httpAdapter as AbstractHttpAdapter | null;
    if (adapter?.getType() !== 'fastify') return;
    adapter.getInstance<FastifyLike>().addHook('onRoute', ({ method, url }) => {
      if (!this.#found) this.#onFastify.push(...[method].flat().map(one => ({ method: one, path: url })));
    });
  }
}

function onExpress(adapter: AbstractHttpAdapter): RawRoute[] {
  if (adapter.getType() !== 'express') return [];
  const { router } = adapter.getInstance<ExpressLike>();
  return (router?.stack ?? []).flatMap(({ route }) =>
    route
      ? [route.path].flat().flatMap(path =>
          Object.keys(route.methods).map(method => ({
            method: method === '_all' ? 'ALL' : method.toUpperCase(),
            path: String(path),
          })),
        )
      : [],
  );
}

/** Without what a route brings along: HEAD beside GET, and the answers to preflights. */
function distinct(routes: readonly RawRoute[]): RawRoute[] {
  const known = new Map(routes.map(route => [`${route.method} ${route.path}`, route]));
  return [...known.values()].filter(
    ({ method, path }) => method !== 'OPTIONS' && !(method === 'HEAD' && known.has(`GET ${path}`)),
  );
}
