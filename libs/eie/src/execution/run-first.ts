import { type CanActivate, type NestInterceptor } from '@nestjs/common';
import { type ApplicationConfig } from '@nestjs/core';

/**
 * Moves a guard and an interceptor to the front of the global ones. Nest runs the guards of the root module before those of its imports,
 * and an application may add others by `useGlobalGuards()`: none of them may run before the identity is known, and no interceptor may
 * answer before the intent is recorded. Call it before Nest registers its routes.
 */
export function runFirst(config: ApplicationConfig, guard: CanActivate, interceptor: NestInterceptor): void {
  moveToFront(config.getGlobalGuards(), guard);
  moveToFront(config.getGlobalInterceptors(), interceptor);
}

/** In place: Nest holds this very list. */
function moveToFront<Enhancer>(list: Enhancer[], one: Enhancer): void {
  const index = list.indexOf(one);
  if (index > 0) list.unshift(...list.splice(index, 1));
}
