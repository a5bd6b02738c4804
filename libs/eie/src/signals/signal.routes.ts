import { Inject, Injectable } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import { EieError, Shares } from 'execution-identity';
import { EieConfiguration, optionsOf } from '../configuration/eie-configuration.js';
import { type ServerOptions } from '../configuration/server-profile.js';
import { type HttpRequest, networkHolder, nodeRequest } from '../http/http-request.js';
import { eventsPath, LOGOUT_PATH } from '../options/signal-defaults.js';
import { type SignalsOptions } from '../options/signals.options.js';
import { EVENT_SIGNAL } from './event-receiver.js';
import { LOGOUT_SIGNAL } from './logout-receiver.js';
import { ACCEPTED, eventError, LOGGED_OUT, logoutError, refusedBy, type SignalAnswer } from './signal-answer.js';
import { logoutTokenIn, securityEventTokenIn } from './signal-body.js';
import { Signals } from './signals.js';

/** Signals that are read and verified at one time. */
const AT_ONCE = 512;

/** A Fastify instance, as far as routes of its own body parsers need it. */
interface FastifyLike {
  register(plugin: (scope: FastifyLike) => Promise<void>): unknown;
  removeAllContentTypeParsers(): void;
  addContentTypeParser(type: '*', parser: (request: unknown, body: unknown, done: (error: null) => void) => void): void;
  post(path: string, handler: (request: HttpRequest, response: unknown) => void): void;
}

/** One kind of signal, as it comes over HTTP. */
interface Receiver {
  readonly path: string;
  readonly signal: typeof LOGOUT_SIGNAL | typeof EVENT_SIGNAL;
  readonly receive: (request: HttpRequest) => Promise<void>;
  readonly accepted: SignalAnswer;
  readonly error: (error: EieError) => object;
}

/**
 * The routes at which signals arrive: one for logout tokens, one for security events that are pushed. They stand on the HTTP adapter itself, so that no
 * global prefix, version or guard affects them. Who sends is not known before the signature is verified, so the body is bounded, as is what is done at
 * one time for one network, and an answer has nothing of the request.
 */
@Injectable()
export class SignalRoutes {
  readonly #options: () => SignalsOptions;
  readonly #shares = new Shares(AT_ONCE);
  #isMounted = false;

  constructor(
    @Inject(EieConfiguration) configuration: EieConfiguration<ServerOptions>,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(Signals) private readonly signals: Signals,
  ) {
    const { authorization } = optionsOf(configuration);
    this.#options = () => authorization?.signals ?? {};
  }

  /** Once, before Nest registers the routes of the application. An application without an HTTP adapter has none. */
  mount(): void {
    const adapter = this.host.httpAdapter as AbstractHttpAdapter | null;
    const receivers = this.#receivers();
    if (!adapter || this.#isMounted || !receivers.length) return;
    this.#isMounted = true;
    for (const one of receivers) {
      const serve = (request: HttpRequest, response: unknown): void =>
        void this.#answer(one, request)
          .then(answer => reply(adapter, response, answer))
          // A time-out of the application may have answered in the meantime. What cannot be answered ends no process.
          .catch(() => nodeRequest(request).destroy());
      if (adapter.getType() === 'fastify') mountOnFastify(adapter, one.path, serve);
      else adapter.post(one.path, serve);
    }
  }

  #receivers(): Receiver[] {
    const { logout, events } = this.#options();
    const path = events && eventsPath(events);
    const ofLogout: Receiver = {
      path: logout?.path ?? LOGOUT_PATH,
      signal: LOGOUT_SIGNAL,
      receive: async request => this.signals.logout(await logoutTokenIn(request)),
      accepted: LOGGED_OUT,
      error: logoutError,
    };
    const ofEvents = (at: string): Receiver => ({
      path: at,
      signal: EVENT_SIGNAL,
      receive: async request => {
        const secret = bearerIn(request);
        await this.signals.event(await securityEventTokenIn(request), { by: 'push', secret });
      },
      accepted: ACCEPTED,
      error: eventError,
    });
    return [...(logout ? [ofLogout] : []), ...(path === undefined ? [] : [ofEvents(path)])];
  }

  /** Never rejects. */
  async #answer({ signal, receive, accepted, error }: Receiver, request: HttpRequest): Promise<SignalAnswer> {
    const release = this.#shares.lease(networkHolder(request));
    try {
      if (!release) throw new EieError('limit_reached');
      await receive(request);
      return accepted;
    } catch (thrown) {
      const reason = thrown instanceof EieError ? thrown : new EieError('signal_unavailable');
      const recorded = await this.signals.refused(signal, reason).then(
        () => reason,
        () => new EieError('audit_unavailable'),
      );
      return refusedBy(recorded, error(recorded));
    } finally {
      release?.();
    }
  }
}

function bearerIn(request: HttpRequest): string | undefined {
  const { authorization } = nodeRequest(request).headers;
  return /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}

function reply(adapter: AbstractHttpAdapter, response: unknown, { status, headers, body }: SignalAnswer): void {
  for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value);
  adapter.reply(response, body ?? '', status);
}

/** In a scope of its own, where no parser of the application reads the body. */
function mountOnFastify(
  adapter: AbstractHttpAdapter,
  path: string,
  serve: (request: HttpRequest, response: unknown) => void,
): void {
  adapter.getInstance<FastifyLike>().register(async scope => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _body, done) => done(null));
    scope.post(path, serve);
  });
}
