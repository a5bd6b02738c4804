import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Req,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { Unmanaged } from 'nestjs-eie';
import { MCP } from '../../support/world.js';
import { type Application, type Stage } from '../application.js';
import { startAccounts } from '../accounts.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, refused, viewsOf } from '../parts.js';

const KEY = 'partner-key-of-acme-0001';
/** For another audience than the resource, as presets of some providers have it. */
const AUDIENCE = 'api://shop';
let stage: Stage;
let shown: string[] = [];

@Injectable()
class PartnerKeys {
  find(key: string) {
    return key === KEY ? 'acme' : undefined;
  }
}

/** A guard as it was before this module came: with a dependency, and its own scheme of bearer keys. */
@Injectable()
class PartnerGuard implements CanActivate {
  constructor(private readonly keys: PartnerKeys) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; partner?: string }>();
    shown.push(request.headers.authorization ?? '');
    const partner = this.keys.find((request.headers.authorization ?? '').replace('Bearer ', ''));
    if (!partner) throw new UnauthorizedException();
    request.partner = partner;
    return true;
  }
}

@Injectable()
class LaterGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    stage.see('by a guard behind that of the application', viewsOf(context.switchToHttp().getRequest<object>()));
    return true;
  }
}

@Controller('partners')
@UseGuards(LaterGuard)
@Unmanaged(PartnerGuard, { reason: 'Partners have had keys of their own since before this server had users.' })
class PartnersController {
  @Get('me')
  me(@Req() request: { partner: string }) {
    stage.see('by a handler of the application', viewsOf(request));
    return request.partner;
  }
}

export const application: Application = {
  name: 'controllers with an authentication of their own, beside a protected MCP route',
  async start(given) {
    stage = given;
    shown = [];
    stage.world.minted.push(KEY);
    return startAccounts(stage, {
      controllers: [PartnersController],
      providers: [PartnerKeys],
      options: { issuers: [stage.world.issuerOptions({ audience: [MCP, AUDIENCE] })] },
    });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    answers('a partner calls with its key', () => running.send('/partners/me', bearer(KEY)), 'acme'),
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    refused(2, 'nobody calls as a partner', () => running.send('/partners/me')),
    refused(2, 'another key calls as a partner', () =>
      running.send('/partners/me', bearer('partner-key-of-acme-0002')),
    ),
    refused(2, 'a partner calls what is protected', () => running.send('/accounts/me', bearer(KEY))),
    ...[
      (token: string) => `Bearer ${token}`,
      (token: string) => `Bearer a.b.c, Bearer ${token}`,
      (token: string) => `DPoP ${token}`,
    ].flatMap(spelt =>
      [MCP, AUDIENCE].map(aud => ({
        promise: 1 as const,
        name: `the guard of the application is shown a token for ${aud}, as ${spelt('…')}`,
        async run() {
          const token = given.world.userToken({ claims: { aud } });
          await running.send('/partners/me', { headers: { authorization: spelt(token) } });
          return shown.find(value => value.includes(token));
        },
      })),
    ),
    {
      promise: 1,
      name: 'the guard of the application is shown a token that was issued for this server',
      async run() {
        const token = given.world.userToken();
        const { status } = await running.send('/partners/me', bearer(token));
        return status === 401 ? undefined : String(status);
      },
    },
  ],
};
