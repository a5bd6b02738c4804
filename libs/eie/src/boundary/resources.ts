import { type ExecutionContext, type Type } from '@nestjs/common';

const RESOURCE = 'eie:resource';

/** A controller with an identifier of its own: its tokens are issued for that one. */
export function declareResource(controller: Type, resource: string): void {
  Reflect.defineMetadata(RESOURCE, resource, controller);
}

/** The identifiers of this server (RFC 8707): that of the application, and those of routes that have their own. */
export class Resources {
  readonly #further: string[] = [];

  constructor(readonly main: string) {}

  /** Grows while the application is built. */
  get further(): readonly string[] {
    return this.#further;
  }

  add(resource: string): void {
    if (resource !== this.main && !this.#further.includes(resource)) this.#further.push(resource);
  }

  /** The one that a request is for. */
  of(context: ExecutionContext): string {
    return (Reflect.getMetadata(RESOURCE, context.getClass()) as string | undefined) ?? this.main;
  }
}
