import { HttpException, HttpStatus } from '@nestjs/common';
import { type AbstractHttpAdapter } from '@nestjs/core';
import { type EieError, wireOf } from '../eie.error.js';
import { challenge } from './challenge.js';

/** Where the refusal of an HTTP request is answered. */
export interface HttpAnswer {
  readonly adapter: AbstractHttpAdapter;
  readonly response: unknown;
  readonly resource: string;
}

/**
 * A refusal as Nest's own exception, with the EieError as its `cause`; over HTTP with its challenge set on the response.
 * One body per status: a caller cannot tell one cause of a 401 from another.
 */
export function refusalException(error: EieError, http?: HttpAnswer): HttpException {
  const { status } = wireOf(error.code);
  const header = http && challenge(error, http.resource);
  if (http && header) http.adapter.setHeader(http.response, 'WWW-Authenticate', header);
  return new HttpException({ statusCode: status, message: MESSAGES[status] }, status, { cause: error });
}

const MESSAGES: Record<ReturnType<typeof wireOf>['status'], string> = {
  [HttpStatus.BAD_REQUEST]: 'Bad Request',
  [HttpStatus.UNAUTHORIZED]: 'Unauthorized',
  [HttpStatus.FORBIDDEN]: 'Forbidden',
  [HttpStatus.INTERNAL_SERVER_ERROR]: 'Internal Server Error',
  [HttpStatus.BAD_GATEWAY]: 'Bad Gateway',
  [HttpStatus.SERVICE_UNAVAILABLE]: 'Service Unavailable',
};
