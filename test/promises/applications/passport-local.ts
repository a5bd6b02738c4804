import { Controller, Get, Injectable, Post, Req } from '@nestjs/common';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { Authenticated, Unmanaged } from 'nestjs-eie';
import { Strategy } from 'passport-local';
import { startAccounts } from '../accounts.js';
import { type Application } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { bearer, unmoved } from '../parts.js';

@Injectable()
class LocalStrategy extends PassportStrategy(Strategy as never as new (...args: unknown[]) => object) {
  validate(username: string, password: string) {
    return password === 'battery staple' ? { username } : null;
  }
}

@Controller('login')
class LoginController {
  @Post()
  @Unmanaged(AuthGuard('local'), { reason: 'Employees log in with a password.' })
  login(@Req() { user }: { user: { username: string } }) {
    return `welcome ${user.username}`;
  }

  @Get('stock')
  @Authenticated()
  stock(@Req() { user }: { user: { actor: { sub: string } } }) {
    return user.actor.sub;
  }
}

const login = (password: string, headers: object = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({ username: 'bob', password }),
});

export const application: Application = {
  name: "AuthGuard('local') of @nestjs/passport, on one method",
  start: stage =>
    startAccounts(stage, { imports: [PassportModule], controllers: [LoginController], providers: [LocalStrategy] }),
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    {
      name: 'an employee logs in',
      async run() {
        const { status, text } = await running.send('/login', login('battery staple'));
        if (status !== 201 || text !== 'welcome bob') throw new Error(`${status}: ${text}`);
      },
    },
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    {
      promise: 3,
      name: 'a token is enough to log in',
      async run() {
        const { headers } = bearer(stage.world.userToken());
        const { text } = await running.send('/login', login('wrong', headers));
        return text.includes('welcome') ? text : undefined;
      },
    },
    unmoved(
      2,
      'a body names another user to a handler',
      () => running.send('/login/stock?username=bob&password=battery%20staple', bearer(stage.world.userToken())),
      'alice',
      'bob',
    ),
  ],
};
