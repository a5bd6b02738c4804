import fastifyCompress from '@fastify/compress';
import fastifyHelmet from '@fastify/helmet';
import { Controller, Get } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import compression from 'compression';
import helmet from 'helmet';
import { Authenticated } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer } from '../parts.js';

@Controller('lists')
class ListsController {
  @Get()
  @Authenticated()
  long() {
    return 'an entry of a long list, '.repeat(1000);
  }
}

export const application: Application = {
  name: 'helmet and compression',
  start: stage =>
    startAccounts(stage, {
      controllers: [ListsController],
      prepare(app) {
        if (stage.adapter === 'express') {
          app.use(helmet());
          app.use(compression({ threshold: 0 }));
        } else {
          const fastify = app as NestFastifyApplication;
          void fastify.register(fastifyHelmet as never);
          void fastify.register(fastifyCompress, { threshold: 0 });
        }
      },
    }),
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    answers('a user reads a long list', () => running.send('/lists', bearer(stage.world.userToken())), 'entry'),
    {
      name: 'answers and refusals have the headers of helmet, and are compressed',
      async run() {
        const [list, refusal] = await Promise.all([
          fetch(`${running.url}/lists`, bearer(stage.world.userToken({}), { 'accept-encoding': 'gzip' })),
          fetch(`${running.url}/lists`),
        ]);
        for (const { headers } of [list, refusal])
          if (!headers.get('x-content-type-options')) throw new Error('no header of helmet');
        if (list.headers.get('content-encoding') !== 'gzip') throw new Error('not compressed');
        if (!refusal.headers.get('www-authenticate')) throw new Error('no challenge');
      },
    },
  ],
  attacks: accountAttacks,
};
