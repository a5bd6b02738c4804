import { type ExecutionContext } from '@nestjs/common';
import { presentedScheme } from '../edge/presented-scheme.js';
import { type Scheme } from '../http/challenge.js';
import { type HttpRequest } from '../http/http-request.js';

/** By which scheme the client of an execution has sent its token. Where it is not HTTP that carries it, no challenge is sent. */
export const schemeOf = (context: ExecutionContext): Scheme =>
  context.getType() === 'http' ? presentedScheme(context.switchToHttp().getRequest<HttpRequest>()) : 'Bearer';
