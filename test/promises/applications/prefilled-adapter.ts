import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import express from 'express';
import fastify from 'fastify';
import { type Application, type Stage } from '../application.js';
import { createAccounts } from '../accounts.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { viewsOf } from '../parts.js';

function prefilled(stage: Stage): ExpressAdapter {
  if (stage.adapter === 'express') {
    const server = express();
    server.use((request, _response, next) => {
      stage.see('by a middleware of an Express application that was there before Nest', viewsOf(request));
      next();
    });
    return new ExpressAdapter(server);
  }
  const instance = fastify({
    genReqId(request) {
      stage.see('by genReqId of a Fastify instance', viewsOf(request));
      return 'id';
    },
    rewriteUrl(request) {
      stage.see('by rewriteUrl of a Fastify instance', viewsOf(request));
      return request.url!;
    },
  });
  instance.addHook('onRequest', async request => stage.see('by a hook that was there before Nest', viewsOf(request)));
  return new FastifyAdapter(instance as never) as never;
}

export const application: Application = {
  name: 'an Express application or a Fastify instance that was there before Nest',
  start: stage => createAccounts(stage, { adapter: prefilled(stage) }),
  legitimate: accountCalls,
  attacks: accountAttacks,
};
