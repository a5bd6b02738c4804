import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  SetMetadata,
  UnauthorizedException,
} from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { Unmanaged } from 'nestjs-eie';
import { AccountsController, startAccounts } from '../accounts.js';
import { type Application } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, refused } from '../parts.js';

const KEY = 'key-of-a-partner-0001';
const KeyFree = () => SetMetadata('key-free', true);

/** Global since the first day: every route that is not marked needs a key. */
@Injectable()
class ApiKeyGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType<string>() !== 'http') return true;
    const { url, headers } = context
      .switchToHttp()
      .getRequest<{ url: string; headers: Record<string, string | undefined> }>();
    const isFree = this.reflector.getAllAndOverride<boolean | undefined>('key-free', [
      context.getHandler(),
      context.getClass(),
    ]);
    if (isFree || url.startsWith('/mcp') || headers['x-api-key'] === KEY) return true;
    throw new UnauthorizedException('an API key is needed');
  }
}

@Controller('partners')
@Unmanaged(ApiKeyGuard, { reason: 'Partners have keys.' })
class PartnersController {
  @Get('report')
  report() {
    return 'report';
  }
}

@Controller('status')
@Unmanaged(ApiKeyGuard, { reason: 'The guard decides who needs a key.' })
class StatusController {
  @Get()
  @KeyFree()
  status() {
    return 'up';
  }
}

export const application: Application = {
  name: 'a global guard for API keys that was there before, beside the MCP route',
  start: stage => {
    KeyFree()(AccountsController);
    return startAccounts(stage, {
      controllers: [PartnersController, StatusController],
      providers: [{ provide: APP_GUARD, useClass: ApiKeyGuard }],
    });
  },
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    answers(
      'a partner reads its report',
      () => running.send('/partners/report', { headers: { 'x-api-key': KEY } }),
      'report',
    ),
    answers('anybody reads the status', () => running.send('/status'), 'up'),
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    refused(2, 'a partner reads an account with its key', () =>
      running.send('/accounts/me', { headers: { 'x-api-key': KEY } }),
    ),
    refused(2, 'a key that is sent as a token reads an account', () => running.send('/accounts/me', bearer(KEY))),
    refused(3, 'a user reads the report of a partner', () =>
      running.send('/partners/report', bearer(stage.world.userToken())),
    ),
  ],
};
