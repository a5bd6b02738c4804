import { randomUUID } from 'node:crypto';
import { Controller, Get, HttpCode, Param, type Type, VERSION_NEUTRAL } from '@nestjs/common';
import { type ExecutionIdentityEnvelope } from 'execution-identity';
import { Identity } from '../../authorization/identity.decorator.js';
import { Authenticated } from '../../authorization/requirements.decorator.js';
import { DelegatesTo } from '../../delegation/delegated.decorator.js';

/**
 * A handler of its own in a test application, through whose boundary genuine envelopes come. Each stays live until {@link release}, as if its
 * handler still ran, so that services can delegate in it.
 */
export class IdentityProbe {
  readonly controller: Type;
  readonly #waiting = new Map<string, (identity: ExecutionIdentityEnvelope) => void>();
  #release = (): void => undefined;
  readonly #released = new Promise<void>(resolve => (this.#release = resolve));

  constructor() {
    const run = (id: string, identity: ExecutionIdentityEnvelope): Promise<void> => this.#run(id, identity);
    @Controller({ path: 'nestjs-eie-testing', version: VERSION_NEUTRAL })
    class TestIdentityController {
      @Get(':id')
      @HttpCode(204)
      @Authenticated()
      identity(@Param('id') id: string, @Identity() identity: ExecutionIdentityEnvelope): Promise<void> {
        return run(id, identity);
      }
    }
    this.controller = TestIdentityController;
  }

  /** The handler declares these targets. Call it before the application is initialised. */
  declare(targets: readonly string[]): void {
    const { prototype } = this.controller as { prototype: object };
    const descriptor = Object.getOwnPropertyDescriptor(prototype, 'identity')!;
    if (targets.length) DelegatesTo(...(targets as [string, ...string[]]))(prototype, 'identity', descriptor);
  }

  /** The name of the handler, as the posture of the application has it. */
  get method(): string {
    return `${this.controller.name}.identity`;
  }

  /**
   * @param call sends a request for this id, and gives its refusal, if there is one
   * @throws Error with the refusal
   */
  async identity(call: (id: string) => Promise<string>): Promise<ExecutionIdentityEnvelope> {
    const id = randomUUID();
    const found = new Promise<ExecutionIdentityEnvelope>(resolve => this.#waiting.set(id, resolve));
    try {
      return await Promise.race([
        found,
        call(id).then(refusal => {
          throw new Error(`The boundary refuses this identity: ${refusal}`);
        }),
      ]);
    } finally {
      this.#waiting.delete(id);
    }
  }

  /** Ends the calls whose identities are out. */
  release(): void {
    this.#release();
  }

  async #run(id: string, identity: ExecutionIdentityEnvelope): Promise<void> {
    this.#waiting.get(id)?.(identity);
    await this.#released;
  }
}
