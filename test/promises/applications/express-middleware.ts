import { Controller, Delete, Get, Post } from '@nestjs/common';
import { type NextFunction, type Request, type Response } from 'express';
import { Authenticated, RequireScopes } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, refused, viewsOf } from '../parts.js';

let stage: Stage;

@Controller('items')
class ItemsController {
  @Get()
  @Authenticated()
  list() {
    return 'items';
  }

  @Post()
  @Authenticated()
  add() {
    return 'added';
  }

  @Delete()
  @RequireScopes('ledger:write')
  remove() {
    return 'removed';
  }
}

/** As method-override, rewriting proxies and access logs do it. */
const override = (request: Request, _response: Response, next: NextFunction): void => {
  const method = request.headers['x-http-method-override'];
  if (typeof method === 'string') request.method = method;
  next();
};
const rewrite = (request: Request, _response: Response, next: NextFunction): void => {
  request.url = request.url.replace(/^\/old\//, '/');
  next();
};
const accessLog = (request: Request, response: Response, next: NextFunction): void => {
  stage.see('by an access log, at the beginning', viewsOf(request));
  response.on('finish', () => {
    stage.see('by an access log, at the end', viewsOf(request));
    stage.see('by an access log, of the answer', response.getHeaders());
  });
  next();
};

export const application: Application = {
  name: 'Express middleware that overrides methods, rewrites paths and logs',
  adapters: ['express'],
  async start(given) {
    stage = given;
    return startAccounts(stage, {
      controllers: [ItemsController],
      prepare: app => void app.use(accessLog, override, rewrite),
    });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    answers('a user reads by the old path', () => running.send('/old/items', bearer(given.world.userToken())), 'items'),
    answers(
      'a user with the scope removes by POST',
      () =>
        running.send('/items', {
          ...bearer(given.world.userToken({ scope: 'ledger:write' }), { 'x-http-method-override': 'DELETE' }),
          method: 'POST',
        }),
      'removed',
    ),
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    ...['POST', 'GET'].map(method =>
      refused(3, `a user without the scope removes by ${method}`, () =>
        running.send('/items', {
          ...bearer(given.world.userToken(), { 'x-http-method-override': 'DELETE' }),
          method,
        }),
      ),
    ),
    refused(2, 'nobody reads by the old path', () => running.send('/old/items')),
    refused(3, 'a user without the scope reads the balance by the old path', () =>
      running.send('/old/accounts/balance', bearer(given.world.userToken())),
    ),
  ],
};
