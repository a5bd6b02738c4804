import { type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import {
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  type Type,
  UseGuards,
  Controller,
  Get,
  Req,
  UseInterceptors,
} from '@nestjs/common';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { importJWK, jwtVerify } from 'jose';
import { EieModule, Identity, RequireScopes } from 'nestjs-eie';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { NoAuditLog, trusting } from '../load/ours.js';
import { type NestContender } from '../load/nest.js';
import { ISSUER, type PublicKeys, RESOURCE } from '../load/tokens.js';
import { type Authenticated, barelyVerified, DurableLines, publicKey, record, recording } from './floor.js';

export interface Setting {
  readonly keys: PublicKeys;
  /** In which each process makes a folder for its audit log. */
  readonly folder: string;
}

/** The handler of all contenders but ours: it names the user. */
function controllerBehind(guard: Type<CanActivate>, interceptors: Type<NestInterceptor>[] = []): Type {
  @Controller('me')
  @UseGuards(guard)
  @UseInterceptors(...interceptors)
  class MeController {
    @Get()
    me(@Req() request: Authenticated) {
      return { user: request.user?.sub ?? 'nobody' };
    }
  }
  return MeController;
}

@Controller('me')
class IdentityController {
  @Get()
  @RequireScopes('orders:read')
  me(@Identity('actor.sub') user: string) {
    return { user };
  }
}

@Injectable()
class NoGuard implements CanActivate {
  canActivate() {
    return true;
  }
}

@Injectable()
class NoInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle();
  }
}

/** @param key a `KeyObject` works and costs less; the types of `passport-jwt` know texts alone */
function passport(key: KeyObject | string): NestContender {
  @Injectable()
  class JwtStrategy extends PassportStrategy(Strategy) {
    constructor() {
      super({
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        secretOrKey: key as string,
        algorithms: ['RS256'],
        issuer: ISSUER,
        audience: RESOURCE,
      });
    }

    validate(claims: { sub: string }) {
      return claims;
    }
  }
  return {
    imports: [PassportModule],
    controllers: [controllerBehind(AuthGuard('jwt'))],
    providers: [JwtStrategy],
  };
}

/** The same, and what a durable record takes at the least: nothing is checked, decided or handed on beside. */
function recordedPassport({ keys, folder }: Setting): NestContender {
  const lines = new DurableLines(folder);
  @Injectable()
  class RecordedGuard extends AuthGuard('jwt') {
    override async canActivate(context: ExecutionContext) {
      await super.canActivate(context);
      await lines.flushed(record('intent', context.switchToHttp().getRequest<Authenticated>()));
      return true;
    }
  }
  return { ...passport(publicKey(keys)), controllers: [controllerBehind(RecordedGuard, [recording(lines)])] };
}

/** The same with the signature check of Node alone. */
function recordedSignature({ keys, folder }: Setting): NestContender {
  const lines = new DurableLines(folder);
  const key = publicKey(keys);
  @Injectable()
  class RecordedGuard implements CanActivate {
    async canActivate(context: ExecutionContext) {
      const request = context.switchToHttp().getRequest<Authenticated>();
      request.user = barelyVerified(request, key, [ISSUER, RESOURCE]);
      if (request.user) await lines.flushed(record('intent', request));
      return request.user !== undefined;
    }
  }
  return { controllers: [controllerBehind(RecordedGuard, [recording(lines)])] };
}

async function jose({ keys }: Setting): Promise<NestContender> {
  const key = await importJWK(keys.jwk, 'RS256');
  @Injectable()
  class JoseGuard implements CanActivate {
    async canActivate(context: ExecutionContext) {
      const request = context.switchToHttp().getRequest<Authenticated>();
      const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
      const { payload } = await jwtVerify(token, key, { issuer: ISSUER, audience: RESOURCE, algorithms: ['RS256'] });
      request.user = payload;
      return true;
    }
  }
  return { controllers: [controllerBehind(JoseGuard)] };
}

function fastifyJwt({ keys }: Setting, cache: boolean): NestContender {
  @Injectable()
  class FastifyJwtGuard implements CanActivate {
    async canActivate(context: ExecutionContext) {
      await context.switchToHttp().getRequest<FastifyRequest>().jwtVerify();
      return true;
    }
  }
  return {
    controllers: [controllerBehind(FastifyJwtGuard)],
    async prepare(app) {
      const { default: plugin } = await import('@fastify/jwt');
      await (app.getHttpAdapter().getInstance() as FastifyInstance).register(plugin, {
        secret: { public: keys.pem, private: '' },
        verify: { algorithms: ['RS256'], allowedIss: ISSUER, allowedAud: RESOURCE, cache: cache && 10_000 },
      });
    },
  };
}

const ours = ({ keys, folder }: Setting, isAudited: boolean): NestContender => ({
  imports: [
    EieModule.forRoot(
      trusting(keys, isAudited ? { directory: join(folder, String(process.pid)) } : { log: new NoAuditLog() }),
    ),
  ],
  controllers: [IdentityController],
});

export const NO_GUARD = 'no-op guard';
export const TWIN = 'no-op guard, once more';
export const NO_INTERCEPTOR = 'no-op guard, no-op interceptor';
export const PASSPORT = 'passport-jwt, KeyObject';
export const PASSPORT_FLOOR = 'passport-jwt, KeyObject, and a durable line';
export const SIGNATURE_FLOOR = 'crypto.verify, and a durable line';
export const WARM = 'nestjs-eie, warm';
export const WARM_NO_AUDIT = 'nestjs-eie, warm, audit log that keeps nothing';
export const COLD = 'nestjs-eie, cold';
export const COLD_NO_AUDIT = 'nestjs-eie, cold, audit log that keeps nothing';
export const FASTIFY_JWT_CACHED = '@fastify/jwt, cache';

/** By name. Warm and cold are alike: what differs is whether it has seen the token. Each has a server, since tokens that are new drive out others. */
export const HTTP_CONTENDERS: Readonly<Record<string, (setting: Setting) => NestContender | Promise<NestContender>>> = {
  [NO_GUARD]: () => ({ controllers: [controllerBehind(NoGuard)] }),
  [TWIN]: () => ({ controllers: [controllerBehind(NoGuard)] }),
  [NO_INTERCEPTOR]: () => ({ controllers: [controllerBehind(NoGuard, [NoInterceptor])] }),
  [PASSPORT]: ({ keys }) => passport(publicKey(keys)),
  [PASSPORT_FLOOR]: recordedPassport,
  [SIGNATURE_FLOOR]: recordedSignature,
  'passport-jwt, PEM': ({ keys }) => passport(keys.pem),
  'jose guard': jose,
  '@fastify/jwt': setting => fastifyJwt(setting, false),
  [FASTIFY_JWT_CACHED]: setting => fastifyJwt(setting, true),
  [WARM]: setting => ours(setting, true),
  [WARM_NO_AUDIT]: setting => ours(setting, false),
  [COLD]: setting => ours(setting, true),
  [COLD_NO_AUDIT]: setting => ours(setting, false),
};
