import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import { type PostureParser } from './posture-document.js';

/** An Express application, as far as its middleware is read. */
interface ExpressLike {
  readonly router?: { readonly stack?: readonly { readonly handle: Middleware }[] };
}
type Middleware = (request: object, response: object, next: (error?: unknown) => void) => unknown;

/** The parsers of Express (body-parser), by the names of their functions, with the content type that they take by default. */
const PARSERS: Readonly<Record<string, readonly [parser: string, type: string]>> = {
  jsonParser: ['json', 'application/json'],
  urlencodedParser: ['urlencoded', 'application/x-www-form-urlencoded'],
  textParser: ['text', 'text/plain'],
  rawParser: ['raw', 'application/octet-stream'],
};
/** What all of them call. A function of the application that has such a name may do anything, and is not run. */
const OF_BODY_PARSER = /\bread\(req, res, next, \w+, debug, /;

/**
 * The body parsers of the HTTP adapter: those that Nest sets, those of `app.useBodyParser()`, and those that `app.use()` has put on it. It does NOT
 * see parsers of routers, of Fastify plugins, and those that modules add as middleware.
 */
@Injectable()
export class BodyParsers {
  #found: readonly PostureParser[] = [];

  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  /** Called when Nest has set its own. */
  async note(): Promise<void> {
    // It is null in an application context, whatever its type says.
    const adapter = this.host.httpAdapter as AbstractHttpAdapter | null;
    const type = adapter?.getType();
    const found = type === 'express' ? await onExpress(adapter!) : type === 'fastify' ? onFastify(adapter!) : [];
    this.#found = widestOfEach(found);
  }

  get found(): readonly PostureParser[] {
    return this.#found;
  }
}

function onExpress(adapter: AbstractHttpAdapter): Promise<PostureParser[]> {
  const { router } = adapter.getInstance<ExpressLike>();
  const parsers = (router?.stack ?? []).flatMap(({ handle }) => {
    const known = PARSERS[handle.name];
    return known ? [limitOf(handle, known[1]).then(limit => ({ parser: known[0], limit }))] : [];
  });
  return Promise.all(parsers);
}

/**
 * The limit stands in no property. So the parser is shown a request that says to be longer than any: it reads nothing of it, and its refusal names
 * the limit. `null` where it has none, or takes another content type.
 */
function limitOf(parser: Middleware, type: string): Promise<number | null> {
  if (!OF_BODY_PARSER.test(Function.prototype.toString.call(parser))) return Promise.resolve(null);
  const headers = { 'content-type': type, 'content-length': String(Number.MAX_SAFE_INTEGER) };
  return new Promise(resolve => {
    try {
      parser(Object.assign(Readable.from([]), { method: 'POST', url: '/', headers }), {}, error => {
        const { type: kind, limit } = (error ?? {}) as { type?: unknown; limit?: unknown };
        resolve(kind === 'entity.too.large' && typeof limit === 'number' ? limit : null);
      });
    } catch {
      resolve(null);
    }
  });
}

/** Fastify shows its parsers to nobody: they are under a symbol, which is looked for by its description. */
function onFastify(adapter: AbstractHttpAdapter): PostureParser[] {
  const instance = adapter.getInstance<Record<symbol, unknown>>();
  const symbol = symbolsOf(instance).find(({ description }) => description === 'fastify.contentTypeParser');
  const { customParsers } = (symbol ? instance[symbol] : {}) as { customParsers?: unknown };
  if (!(customParsers instanceof Map)) return [{ parser: '*', limit: null }];
  return [...(customParsers as Map<string, { bodyLimit?: unknown }>)].map(([type, { bodyLimit }]) => ({
    parser: type || '*',
    limit: typeof bodyLimit === 'number' ? bodyLimit : null,
  }));
}

/** Those of what it inherits from, too: an encapsulated instance is made of its parent. */
function symbolsOf(value: object | null): symbol[] {
  return value ? [...Object.getOwnPropertySymbols(value), ...symbolsOf(Object.getPrototypeOf(value) as object)] : [];
}

/** Of several with one name, each may have its own content type or path: what counts is the most that is taken. */
function widestOfEach(parsers: readonly PostureParser[]): PostureParser[] {
  const widest = new Map<string, number | null>();
  for (const { parser, limit } of parsers) {
    const known = widest.get(parser);
    widest.set(parser, known === null || limit === null ? null : Math.max(known ?? 0, limit));
  }
  return [...widest].map(([parser, limit]) => ({ parser, limit }));
}
