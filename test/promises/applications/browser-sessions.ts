import { Body, type CanActivate, Controller, type ExecutionContext, Get, Injectable, Post, Req } from '@nestjs/common';
import cookieParser from 'cookie-parser';
import session from 'express-session';
import { Authenticated, Identity, Public, Unmanaged } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application, type Running, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, refused, viewsOf } from '../parts.js';

let stage: Stage;

interface Browsing {
  session: { user?: string };
  user?: unknown;
}

@Injectable()
class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest<Browsing>().session.user !== undefined;
  }
}

@Controller('login')
class LoginController {
  @Post()
  @Public({ reason: 'Who logs in has no session yet.' })
  login(@Req() request: Browsing, @Body() { user, password }: { user: string; password: string }) {
    if (password === 'battery staple') request.session.user = user;
    return 'welcome';
  }
}

@Controller('pages')
@Unmanaged(SessionGuard, { reason: 'Pages are for browsers with a session.' })
class PagesController {
  @Get('mine')
  mine(@Req() request: Browsing) {
    stage.see('by a page', viewsOf(request));
    return `page of ${request.session.user}`;
  }
}

@Controller('both')
class BothController {
  @Get()
  @Authenticated()
  both(@Req() { session: { user }, user: stock }: Browsing, @Identity('actor.sub') actor: string) {
    return `session of ${user}, call of ${actor}, ${JSON.stringify(stock).includes('"sub":"alice"')}`;
  }
}

async function login({ url }: Running): Promise<string> {
  const response = await fetch(`${url}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: 'bob', password: 'battery staple' }),
  });
  return response.headers.get('set-cookie')!.split(';')[0]!;
}

export const application: Application = {
  name: 'browser sessions by express-session, beside tokens',
  adapters: ['express'],
  async start(given) {
    stage = given;
    return startAccounts(stage, {
      controllers: [LoginController, PagesController, BothController],
      prepare(app) {
        app.use(cookieParser());
        app.use(session({ secret: 'a secret of the session middleware', resave: false, saveUninitialized: false }));
        app.use((request: Browsing, _response: unknown, next: () => void) => {
          // Many teams fill it from the session.
          if (request.session.user) request.user = { actor: { sub: request.session.user }, sub: request.session.user };
          next();
        });
      },
    });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    answers(
      'a browser reads its page',
      async () => running.send('/pages/mine', { headers: { cookie: await login(running) } }),
      'page of bob',
    ),
    answers(
      'a token counts, and not the session beside it',
      async () => running.send('/both', bearer(given.world.userToken(), { cookie: await login(running) })),
      'session of bob, call of alice, true',
    ),
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    ...['/both', '/accounts/me', '/accounts/orders'].map(path =>
      refused(2, `a session is taken for an identity at ${path}`, async () =>
        running.send(path, { headers: { cookie: await login(running) } }),
      ),
    ),
    refused(2, 'a user with a token and no session reads a page', () =>
      running.send('/pages/mine', bearer(given.world.userToken())),
    ),
  ],
};
