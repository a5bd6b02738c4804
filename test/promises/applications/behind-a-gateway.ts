import { Controller, Get, Req } from '@nestjs/common';
import { Authenticated } from 'nestjs-eie';
import { type Application, type Stage } from '../application.js';
import { startAccounts } from '../accounts.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { viewsOf } from '../parts.js';

let stage: Stage;

@Controller('headers')
class HeadersController {
  @Get()
  @Authenticated()
  headers(@Req() request: object) {
    stage.see('by a handler behind a gateway', viewsOf(request));
    return 'ok';
  }
}

export const application: Application = {
  name: 'behind a gateway that sends the token in other headers too',
  async start(given) {
    stage = given;
    return startAccounts(stage, { controllers: [HeadersController] });
  },
  legitimate: accountCalls,
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    ...['X-Forwarded-Access-Token', 'X-Amzn-Oidc-Accesstoken', 'X-Event', 'Cookie'].map(header => ({
      promise: 1 as const,
      name: `the token comes in ${header} too`,
      async run() {
        const token = given.world.userToken();
        await running.send('/headers', {
          headers: { authorization: `Bearer ${token}`, [header]: header === 'Cookie' ? `session=${token}` : token },
        });
        return undefined;
      },
    })),
  ],
};
