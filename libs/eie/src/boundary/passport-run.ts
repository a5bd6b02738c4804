import { type ExecutionContext } from '@nestjs/common';
import { type IAuthGuard } from '@nestjs/passport';
import { type HttpRequest } from '../http/http-request.js';

/**
 * Runs the Passport guard of one strategy on one request. Passport only knows the request, so what the strategy needs is
 * held beside it, and what Passport leaves on it is taken off again.
 *
 * @returns what the strategy succeeded with
 */
export async function runGuard<Attempt, Result>(
  guard: IAuthGuard,
  context: ExecutionContext,
  attempts: WeakMap<object, Attempt>,
  attempt: Attempt,
): Promise<Result> {
  const request = context.switchToHttp().getRequest<HttpRequest>();
  attempts.set(request, attempt);
  try {
    await guard.canActivate(context);
    return request.user as Result;
  } finally {
    attempts.delete(request);
    delete request.user;
    delete request.authInfo;
  }
}
