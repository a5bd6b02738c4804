import 'reflect-metadata';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { Controller, ForbiddenException, Get, Module, Req, UnauthorizedException, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { OAuthError, OAuthErrorCode, requireBearerAuth } from '@modelcontextprotocol/server';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { Authenticated, AuditLog, EieModule, Identity, RequireScopes } from 'nestjs-eie';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { RESOURCE } from '../issuers.mjs';

const NEEDED_SCOPE = 'orders:read';
const ME = 'me';
const ORDERS = 'orders';

async function listen(module) {
  const app = await NestFactory.create(module, { logger: false });
  await app.listen(0, '127.0.0.1');
  return { port: app.getHttpServer().address().port, close: () => app.close() };
}

/** Two handlers: `/me` needs a user, `/orders` the scope too. `argument` gives a handler what it answers from. */
function application({ argument, onMe, onOrders, imports = [], providers = [] }) {
  class ApiController {
    me(user) {
      return { sub: user.sub ?? user.user?.sub };
    }
    orders(user) {
      return this.me(user);
    }
  }
  for (const [method, decorators] of [
    [ME, onMe],
    [ORDERS, onOrders],
  ]) {
    const descriptor = Object.getOwnPropertyDescriptor(ApiController.prototype, method);
    for (const one of [Get(method), ...decorators]) one(ApiController.prototype, method, descriptor);
    argument(ApiController.prototype, method, 0);
  }
  Controller()(ApiController);
  class Application {}
  Module({ imports, providers, controllers: [ApiController] })(Application);
  return listen(Application);
}

/** A guard for the scope, as applications write it beside one that only authenticates. */
class ScopeGuard {
  canActivate(context) {
    const { scope = '' } = context.switchToHttp().getRequest().user;
    if (!scope.split(' ').includes(NEEDED_SCOPE)) throw new ForbiddenException();
    return true;
  }
}

class SilentLog extends AuditLog {
  async append() {}
}

const eie = issuer =>
  application({
    argument: Identity('actor'),
    onMe: [Authenticated()],
    onOrders: [RequireScopes(NEEDED_SCOPE)],
    imports: [
      EieModule.forRoot({
        resource: RESOURCE,
        issuers: [
          {
            issuer: issuer.url,
            jwks: { keys: [issuer.keys[0].jwk] },
            algorithms: ['ES256'],
            tenants: ['acme'],
            actorType: { user: { claim: 'sub_profile', values: ['user'] } },
          },
        ],
        audit: { log: new SilentLog() },
      }),
    ],
  });

function passportJwt(issuer) {
  class JwtStrategy extends PassportStrategy(Strategy) {
    constructor() {
      super({
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        ignoreExpiration: false,
        secretOrKey: issuer.keys[0].publicKey.export({ type: 'spki', format: 'pem' }),
        algorithms: ['ES256'],
        issuer: issuer.url,
        audience: RESOURCE,
      });
    }
    validate(payload) {
      return payload;
    }
  }
  const authenticated = UseGuards(AuthGuard('jwt'));
  return application({
    argument: Req(),
    onMe: [authenticated],
    onOrders: [UseGuards(AuthGuard('jwt'), ScopeGuard)],
    providers: [JwtStrategy],
  });
}

const verifierOf = issuer => {
  const keys = createLocalJWKSet({ keys: [issuer.keys[0].jwk] });
  return async token =>
    (await jwtVerify(token, keys, { issuer: issuer.url, audience: RESOURCE, algorithms: ['ES256'] })).payload;
};

function jose(issuer) {
  const verify = verifierOf(issuer);
  class JoseGuard {
    async canActivate(context) {
      const request = context.switchToHttp().getRequest();
      const [type, token] = request.headers.authorization?.split(' ') ?? [];
      if (type !== 'Bearer' || !token) throw new UnauthorizedException();
      request.user = await verify(token).catch(() => {
        throw new UnauthorizedException();
      });
      return true;
    }
  }
  return application({ argument: Req(), onMe: [UseGuards(JoseGuard)], onOrders: [UseGuards(JoseGuard, ScopeGuard)] });
}

async function mcpSdk(issuer) {
  const verify = verifierOf(issuer);
  const verifier = {
    async verifyAccessToken(token) {
      const {
        sub,
        client_id: clientId,
        scope = '',
        exp,
        aud,
      } = await verify(token).catch(() => {
        throw new OAuthError(OAuthErrorCode.InvalidToken, 'The token is invalid');
      });
      return { token, clientId, scopes: scope.split(' '), expiresAt: exp, resource: new URL(aud), extra: { sub } };
    },
  };
  const expectedResource = new URL(RESOURCE);
  const gates = {
    [`/${ME}`]: requireBearerAuth({ verifier, expectedResource }),
    [`/${ORDERS}`]: requireBearerAuth({ verifier, expectedResource, requiredScopes: [NEEDED_SCOPE] }),
  };
  const server = createServer(async (request, response) => {
    const { authorization = '' } = request.headers;
    const auth = await gates[request.url](
      new globalThis.Request(`http://127.0.0.1${request.url}`, { headers: { authorization } }),
    );
    if (auth instanceof globalThis.Response) response.writeHead(auth.status).end(await auth.text());
    else response.end(JSON.stringify(auth.extra));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { port: server.address().port, close: async () => server.close() };
}

/** Each with the configuration that its own documentation leads to, plus issuer, audience and algorithm. */
export const GUARDS = {
  'nestjs-eie': {
    start: eie,
    configuration:
      'EieModule: one issuer (jwks, ES256, tenants, actorType), resource; @Authenticated() and @RequireScopes()',
  },
  'passport-jwt': {
    start: passportJwt,
    configuration:
      '@nestjs/passport AuthGuard("jwt"): fromAuthHeaderAsBearerToken(), secretOrKey, ignoreExpiration: false, algorithms: ["ES256"], issuer, audience; a scope guard',
  },
  jose: {
    start: jose,
    configuration:
      'Nest guard: authorization.split(" "), jwtVerify with a local JWK Set, algorithms: ["ES256"], issuer, audience; a scope guard. Its options typ and requiredClaims would refuse the ID token and the missing exp; neither is a default',
  },
  'MCP SDK': {
    start: mcpSdk,
    configuration:
      'requireBearerAuth of @modelcontextprotocol/server: expectedResource, requiredScopes, a verifier with the same jose jwtVerify',
  },
};
