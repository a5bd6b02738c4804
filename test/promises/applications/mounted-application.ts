import { Controller, Get, Req } from '@nestjs/common';
import express, { type Request } from 'express';
import { Public } from 'nestjs-eie';
import { type Application, type Stage } from '../application.js';
import { startAccounts } from '../accounts.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, refused, viewsOf } from '../parts.js';

const KEY = 'key-of-the-legacy-back-office';
let stage: Stage;

@Controller('open')
class OpenController {
  @Get()
  @Public({ reason: 'The status page is for everybody.' })
  open(@Req() request: object) {
    stage.see('by a handler of Nest that a mounted application led to', viewsOf(request));
    return 'open';
  }
}

/** An application as it was before Nest, with an authentication of its own, which hands what it does not know on. */
function legacy() {
  const application = express();
  application.get('/report', (request: Request, response) => {
    stage.see('by a mounted application', viewsOf(request));
    if (request.headers.authorization !== `Bearer ${KEY}`) response.sendStatus(401);
    else response.send('report');
  });
  application.use((request: Request, _response, next) => {
    request.originalUrl = request.url;
    next();
  });
  return application;
}

const reason = 'The back office authenticates its callers by itself.';

export const application: Application = {
  name: 'a mounted Express application that authenticates its callers by itself',
  adapters: ['express'],
  async start(given) {
    stage = given;
    return startAccounts(stage, {
      controllers: [OpenController],
      options: { authorization: { routes: [{ path: '/legacy/*', method: 'ALL', access: 'unmanaged', reason }] } },
      prepare(app) {
        const mounted = legacy();
        app.use((request: Request, response: never, next: () => void) => {
          if (!request.url.startsWith('/legacy/')) return next();
          request.url = request.url.slice('/legacy'.length);
          mounted(request, response, next);
        });
      },
    });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    answers('the back office reads a report', () => running.send('/legacy/report', bearer(KEY)), 'report'),
    answers('anybody reads the status page', () => running.send('/open'), 'open'),
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    refused(2, 'nobody reads a report', () => running.send('/legacy/report')),
    refused(1, 'a mounted application is shown the token of a user', () =>
      running.send('/legacy/report', {
        headers: { ...bearer(given.world.userToken()).headers, 'x-forwarded-access-token': given.world.userToken() },
      }),
    ),
    refused(2, 'a user reads who they are through the mounted application', () =>
      running.send('/legacy/accounts/me', bearer(given.world.userToken())),
    ),
    refused(1, 'a public handler is reached with a token through the mounted application', () =>
      running.send('/legacy/open', bearer(given.world.userToken())),
    ),
    refused(2, 'the back office reads accounts with its key', () => running.send('/accounts/me', bearer(KEY))),
    refused(2, 'a path that climbs out of the mounted application is served', () =>
      running.send('/legacy/..%2faccounts/me', bearer(given.world.userToken())),
    ),
  ],
};
