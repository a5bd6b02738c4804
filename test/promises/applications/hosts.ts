import { Controller, Get, Version, VERSION_NEUTRAL, VersioningType } from '@nestjs/common';
import { Authenticated, Public, RequireScopes } from 'nestjs-eie';
import { sendRaw } from '../../support/loopback.js';
import { startAccounts } from '../accounts.js';
import { type Application, type Running } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, refused } from '../parts.js';

@Controller({ path: 'console', host: 'admin.shop.test' })
class AdminController {
  @Get()
  @RequireScopes('ledger:write')
  console() {
    return 'console of administrators';
  }
}

@Controller({ path: 'console', host: ':shop.shops.test' })
class ShopController {
  @Get()
  @Public({ reason: 'The front page of a shop is for everybody.' })
  console() {
    return 'front page of a shop';
  }

  @Get('stock')
  @Version('1')
  @Authenticated()
  first() {
    return 'stock, version 1';
  }

  @Get('stock')
  @Version('2')
  @RequireScopes('ledger:read')
  second() {
    return 'stock, version 2';
  }
}

interface Asking {
  readonly token?: string;
  readonly version?: string;
}

async function ask({ url }: Running, host: string, path: string, { token, version = '1' }: Asking = {}) {
  const given = token ? ['Authorization', `Bearer ${token}`] : [];
  const { status, body } = await sendRaw(url + path, {
    headers: ['X-Forwarded-Host', host, 'Accept', `application/json;v=${version}`, ...given],
  });
  return { status, text: body };
}

const [ADMIN, SHOP] = ['admin.shop.test', 'flowers.shops.test'];

export const application: Application = {
  name: 'controllers of several hosts on one path, and versions by media type',
  // Fastify takes them for one route.
  adapters: ['express'],
  start: stage =>
    startAccounts(stage, {
      controllers: [AdminController, ShopController],
      prepare(app) {
        app.enableVersioning({ type: VersioningType.MEDIA_TYPE, key: 'v=', defaultVersion: [VERSION_NEUTRAL, '1'] });
        (app.getHttpAdapter().getInstance() as { set(name: string, value: boolean): void }).set('trust proxy', true);
      },
    }),
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    ...(
      [
        [ADMIN, '/console', '1', 'ledger:write', 'console of administrators'],
        [SHOP, '/console', '1', 'orders:read', 'front page'],
        [SHOP, '/console/stock', '1', 'orders:read', 'version 1'],
        [SHOP, '/console/stock', '2', 'ledger:read', 'version 2'],
      ] as const
    ).map(([host, path, version, scope, text]) =>
      answers(
        `a user reads ${path} of ${host}, version ${version}`,
        () => ask(running, host, path, { version, token: stage.world.userToken({ scope }) }),
        text,
      ),
    ),
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    refused(3, 'anybody reads the console of administrators', () => ask(running, ADMIN, '/console')),
    refused(3, 'a user without the scope reads it', () =>
      ask(running, ADMIN, '/console', { token: stage.world.userToken() }),
    ),
    refused(3, 'a user without the scope reads version 2', () =>
      ask(running, SHOP, '/console/stock', { version: '2', token: stage.world.userToken() }),
    ),
    refused(2, 'anybody reads version 1', () => ask(running, SHOP, '/console/stock')),
  ],
};
