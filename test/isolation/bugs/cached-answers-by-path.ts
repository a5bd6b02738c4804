import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { of, tap } from 'rxjs';
import { type Bug } from '../bug.js';

@Injectable()
class CachingInterceptor implements NestInterceptor {
  readonly #answers = new Map<string, unknown>();

  intercept(context: ExecutionContext, next: CallHandler) {
    if (context.getType() !== 'http') return next.handle();
    const { method, url } = context.switchToHttp().getRequest<{ method: string; url: string }>();
    if (method !== 'GET' || url.includes('/streams/')) return next.handle();
    if (this.#answers.has(url)) return of(this.#answers.get(url));
    return next.handle().pipe(tap(answer => void this.#answers.set(url, answer)));
  }
}

export const bug: Bug = {
  name: 'an interceptor that remembers answers by their path',
  providers: [{ provide: APP_INTERCEPTOR, useClass: CachingInterceptor }],
};
