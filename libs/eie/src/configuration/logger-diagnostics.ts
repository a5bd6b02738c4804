import { Logger } from '@nestjs/common';
import { type Diagnostic, type Diagnostics } from 'execution-identity';

/** Diagnostics on the Nest logger, under one context. */
export class LoggerDiagnostics implements Diagnostics {
  readonly #logger = new Logger('Eie');

  report({ level, message }: Diagnostic): void {
    this.#logger[level === 'info' ? 'log' : level](message);
  }
}
