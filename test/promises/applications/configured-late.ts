import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Delegated, type DelegatedFetch, EieModule, type EieOptions, RequireScopes } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { createAdapter } from '../../support/app.js';
import { ordersTarget } from '../../support/orders.js';
import { accountOptions, AccountsController, AccountTools } from '../accounts.js';
import { API_PATH } from '../api.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, refused, sendTo } from '../parts.js';

let stage: Stage;

/** Reads its values from somewhere that answers later. */
@Injectable()
class ConfigService {
  async get(): Promise<EieOptions> {
    await new Promise(resolve => setTimeout(resolve, 5));
    return accountOptions(stage);
  }
}

@Module({ providers: [ConfigService], exports: [ConfigService] })
class ConfigModule {}

@Controller('archive')
class ArchiveController {
  @Get()
  @RequireScopes('orders:read')
  async read(@Delegated('archive_api') archive: DelegatedFetch) {
    return JSON.stringify(await archive.json('/archive'));
  }
}

export const application: Application = {
  name: 'options that come later, and targets of a feature module',
  async start(given) {
    stage = given;
    @Module({
      imports: [
        EieModule.forFeatureAsync({
          useFactory: () => ({ targets: { archive_api: ordersTarget(given.world, given.api.url + API_PATH) } }),
        }),
      ],
      controllers: [ArchiveController],
    })
    class ArchiveModule {}
    @Module({
      imports: [
        ArchiveModule,
        EieModule.forRootAsync({
          imports: [ConfigModule],
          inject: [ConfigService],
          useFactory: (config: ConfigService) => config.get(),
        }),
        EieMcpModule.registerAsync({
          path: 'mcp',
          useFactory: () => Promise.resolve({ name: 'shop', version: '1.0.0' }),
        }),
      ],
      controllers: [AccountsController],
      providers: [AccountTools],
    })
    class AppModule {}
    const app = await NestFactory.create(AppModule, createAdapter(given.adapter), {
      logger: false,
      abortOnError: false,
    });
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    return { app, url, send: sendTo(url) };
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    answers('a user reads the archive', () => running.send('/archive', bearer(given.world.userToken())), '17'),
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    refused(3, 'a user without the scope reads the archive', () =>
      running.send('/archive', bearer(given.world.userToken({ scope: 'billing:read' }))),
    ),
  ],
};
