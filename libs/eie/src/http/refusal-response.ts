import { type ExecutionContext, HttpException, HttpStatus, Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type EieError, wireOf } from 'execution-identity';
import { ServerProfile } from '../configuration/server-profile.js';
import { exposeHeaders } from './browser-access.js';
import { challenge, type Scheme, schemesFor } from './challenge.js';
import { type HttpRequest, type HttpResponse, nodeRequest, nodeResponse } from './http-request.js';
import { Resources } from './resources.js';

/** How this server answers a refusal. */
@Injectable()
export class Refusals {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(Resources) private readonly resources: Resources,
    @Inject(ServerProfile) private readonly profile: ServerProfile,
  ) {}

  /**
   * A refusal as Nest's own exception, with the EieError as its `cause`; over HTTP with its challenge and `Retry-After` set on the
   * response.
   * One body per status: a caller cannot tell one cause of a 401 from another.
   *
   * @param scheme by which the client has sent its token
   */
  exceptionFor(error: EieError, context: ExecutionContext, scheme: Scheme): HttpException {
    const { status } = wireOf(error.code);
    if (context.getType() === 'http') this.#setHeaders(error, context, scheme);
    return new HttpException({ statusCode: status, message: MESSAGES[status] }, status, { cause: error });
  }

  #setHeaders(error: EieError, context: ExecutionContext, scheme: Scheme): void {
    const { httpAdapter } = this.host;
    const http = context.switchToHttp();
    const response = http.getResponse<HttpResponse>();
    // What it has begun as, such as a stream of events, it stays.
    if (nodeResponse(response).headersSent) return;
    const header = this.#challenge(error, context, scheme);
    if (header) {
      httpAdapter.setHeader(response, 'WWW-Authenticate', header);
      const { headers } = nodeRequest(http.getRequest<HttpRequest>());
      exposeHeaders(headers, (name, value) => void httpAdapter.appendHeader(response, name, value));
    }
    if (error.retryAfter !== undefined) httpAdapter.setHeader(response, 'Retry-After', String(error.retryAfter));
  }

  #challenge(error: EieError, context: ExecutionContext, scheme: Scheme): string | undefined {
    const route = this.resources.routeOf(context);
    const { acceptsDpop } = this.profile;
    const schemes = schemesFor({ acceptsDpop, requiresDpop: this.profile.requiresDpop(route?.issuers) }, scheme);
    return challenge(error, this.resources.of(context), schemes, this.resources.scopesSupported(route));
  }
}

/** RFC 6585 §5, which Nest's `HttpStatus` lacks. */
const TOO_LARGE = 431;

const MESSAGES: Record<ReturnType<typeof wireOf>['status'], string> = {
  [HttpStatus.BAD_REQUEST]: 'Bad Request',
  [HttpStatus.UNAUTHORIZED]: 'Unauthorized',
  [HttpStatus.FORBIDDEN]: 'Forbidden',
  [HttpStatus.NOT_FOUND]: 'Not Found',
  [HttpStatus.TOO_MANY_REQUESTS]: 'Too Many Requests',
  [TOO_LARGE]: 'Request Header Fields Too Large',
  [HttpStatus.INTERNAL_SERVER_ERROR]: 'Internal Server Error',
  [HttpStatus.BAD_GATEWAY]: 'Bad Gateway',
  [HttpStatus.SERVICE_UNAVAILABLE]: 'Service Unavailable',
  [HttpStatus.GATEWAY_TIMEOUT]: 'Gateway Timeout',
};
