import { timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { type IncomingMessage } from 'node:http';

/** The guard that this API has had since before there was an MCP route. */
@Injectable()
export class PartnerKeyGuard implements CanActivate {
  readonly #expected: Buffer;

  constructor() {
    const { PARTNER_KEY: key } = process.env;
    if (!key) throw new Error('Set PARTNER_KEY: partners send it as a bearer token.');
    this.#expected = Buffer.from(`Bearer ${key}`);
  }

  canActivate(context: ExecutionContext): boolean {
    const { authorization = '' } = context.switchToHttp().getRequest<IncomingMessage>().headers;
    const given = Buffer.from(authorization);
    if (given.length === this.#expected.length && timingSafeEqual(given, this.#expected)) return true;
    throw new UnauthorizedException('A partner key is needed.');
  }
}
