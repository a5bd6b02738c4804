import { createSecretKey } from 'node:crypto';
import { Controller, Get, Injectable, Req } from '@nestjs/common';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { SignJWT } from 'jose';
import { Unmanaged } from 'nestjs-eie';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { startAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, refused, viewsOf } from '../parts.js';

const SECRET = 'a secret of the mobile application, of 32 bytes';
let stage: Stage;
let shown: string[] = [];

/** As the documentation of Nest has it. */
@Injectable()
class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({
      jwtFromRequest: request => {
        shown.push(viewsOf(request));
        return ExtractJwt.fromAuthHeaderAsBearerToken()(request);
      },
      secretOrKey: SECRET,
      algorithms: ['HS256'],
    });
  }

  validate({ sub }: { sub: string }) {
    return { userId: sub };
  }
}

@Controller('mobile')
@Unmanaged(AuthGuard('jwt'), { reason: 'The mobile application has tokens of its own.' })
class MobileController {
  @Get('profile')
  profile(@Req() request: { user: { userId: string } }) {
    stage.see('by a handler behind a guard of passport', viewsOf(request));
    return `profile of ${request.user.userId}`;
  }
}

const mobileToken = async (sub: string, claims: object = {}): Promise<string> => {
  const token = await new SignJWT({ sub, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(createSecretKey(Buffer.from(SECRET)));
  stage.world.minted.push(token);
  return token;
};

export const application: Application = {
  name: "AuthGuard('jwt') of @nestjs/passport, for tokens of the application",
  async start(given) {
    stage = given;
    shown = [];
    return startAccounts(stage, {
      imports: [PassportModule],
      controllers: [MobileController],
      providers: [JwtStrategy],
    });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    answers(
      'the mobile application reads a profile',
      async () => running.send('/mobile/profile', bearer(await mobileToken('mona'))),
      'profile of mona',
    ),
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    refused(2, 'a token of the mobile application reads an account', async () =>
      running.send('/accounts/me', bearer(await mobileToken('alice'))),
    ),
    refused(2, 'a token of the mobile application with the claims of ours reads an account', async () =>
      running.send(
        '/accounts/me',
        bearer(await mobileToken('alice', { iss: given.world.issuer, aud: 'https://mcp.shop.test/mcp' })),
      ),
    ),
    {
      promise: 1,
      name: 'a token for this server is shown to the strategy of the application',
      async run() {
        const token = given.world.userToken();
        const { status } = await running.send('/mobile/profile', bearer(token));
        return status === 401 ? shown.find(text => text.includes(token)) : `${status}`;
      },
    },
    refused(2, 'nobody reads a profile', () => running.send('/mobile/profile')),
  ],
};
