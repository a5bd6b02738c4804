import { type ExecutionContext, HttpException, HttpStatus } from '@nestjs/common';
import { type HttpAdapterHost } from '@nestjs/core';
import { type EieError, wireOf } from 'execution-identity';
import { challenge, type Scheme } from './challenge.js';
import { type Resources } from './resources.js';

/** How this server answers a refusal. */
export class Refusals {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly resources: Resources,
    private readonly schemes: readonly Scheme[],
    private readonly scopes: readonly string[] = [],
  ) {}

  /**
   * A refusal as Nest's own exception, with the EieError as its `cause`; over HTTP with its challenge set on the response.
   * One body per status: a caller cannot tell one cause of a 401 from another.
   */
  exceptionFor(error: EieError, context: ExecutionContext): HttpException {
    const { status } = wireOf(error.code);
    const header =
      context.getType() === 'http'
        ? challenge(error, this.resources.of(context), this.schemes, this.scopes)
        : undefined;
    if (header)
      this.host.httpAdapter.setHeader(context.switchToHttp().getResponse<unknown>(), 'WWW-Authenticate', header);
    return new HttpException({ statusCode: status, message: MESSAGES[status] }, status, { cause: error });
  }
}

const MESSAGES: Record<ReturnType<typeof wireOf>['status'], string> = {
  [HttpStatus.BAD_REQUEST]: 'Bad Request',
  [HttpStatus.UNAUTHORIZED]: 'Unauthorized',
  [HttpStatus.FORBIDDEN]: 'Forbidden',
  [HttpStatus.INTERNAL_SERVER_ERROR]: 'Internal Server Error',
  [HttpStatus.BAD_GATEWAY]: 'Bad Gateway',
  [HttpStatus.SERVICE_UNAVAILABLE]: 'Service Unavailable',
};
