import { type ExecutionContext } from '@nestjs/common';
import { type IAuthGuard } from '@nestjs/passport';
import { type HttpRequest } from '../http/http-request.js';

/**
 * Runs the Passport guard of one strategy on one request. Passport passes only the request, so the input of the strategy is in a map
 * beside it. What Passport leaves on the request is removed.
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
