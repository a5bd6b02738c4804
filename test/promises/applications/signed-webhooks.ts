import { createHmac } from 'node:crypto';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Injectable,
  Post,
  type RawBodyRequest,
  Req,
} from '@nestjs/common';
import { Unmanaged } from 'nestjs-eie';
import { createAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { bearer, refused, viewsOf } from '../parts.js';

let stage: Stage;
const signed = (body: string): string =>
  createHmac('sha256', 'secret of the payment provider').update(body).digest('hex');

@Injectable()
class SignatureGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { rawBody, headers } = context
      .switchToHttp()
      .getRequest<RawBodyRequest<{ headers: Record<string, string | undefined> }>>();
    return headers['x-signature'] === signed(rawBody?.toString() ?? '');
  }
}

@Controller('webhooks')
@Unmanaged(SignatureGuard, { reason: 'The payment provider signs what it sends.' })
class WebhooksController {
  @Post('payments')
  paid(@Req() request: RawBodyRequest<{ body: { order: number } }>) {
    stage.see('by a webhook', viewsOf(request));
    return `paid ${request.body.order}`;
  }
}

const deliver = (body: string, headers: Record<string, string>): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body,
});

export const application: Application = {
  name: 'webhooks whose raw body is signed, with rawBody: true',
  async start(given) {
    stage = given;
    return createAccounts(stage, { controllers: [WebhooksController], nest: { rawBody: true } });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    {
      name: 'the payment provider delivers',
      async run() {
        const body = '{ "order":   17 }';
        const { status, text } = await running.send(
          '/webhooks/payments',
          deliver(body, { 'x-signature': signed(body) }),
        );
        if (status !== 201 || text !== 'paid 17') throw new Error(`${status}: ${text}`);
      },
    },
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    refused(3, 'anybody delivers', () => running.send('/webhooks/payments', deliver('{"order":17}', {}))),
    refused(3, 'a user delivers with a token', () =>
      running.send('/webhooks/payments', deliver('{"order":17}', bearer(given.world.userToken()).headers as never)),
    ),
    refused(3, 'another body comes with a signature', () =>
      running.send('/webhooks/payments', deliver('{"order":18}', { 'x-signature': signed('{"order":17}') })),
    ),
  ],
};
