import { Body, Controller, Post, Req } from '@nestjs/common';
import express from 'express';
import { Identity, RequireScopes } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { bearer, callByHand, refused } from '../parts.js';

interface Fastify {
  addContentTypeParser(
    type: string,
    options: { parseAs: 'buffer' },
    parser: (request: object, body: Buffer, done: (error: null, body: Buffer) => void) => void,
  ): void;
}

@Controller('images')
class ImagesController {
  @Post()
  @RequireScopes('ledger:write')
  store(@Req() _request: object, @Body() body: Buffer, @Identity('actor.sub') user: string) {
    return `${body.length} bytes for ${user}`;
  }
}

const image = (token: string): RequestInit => ({
  ...bearer(token, { 'content-type': 'image/png' }),
  method: 'POST',
  body: new Uint8Array(32),
});

export const application: Application = {
  name: 'bodyParser: false, with parsers of its own that leave bytes',
  start: stage =>
    startAccounts(stage, {
      bodyParser: false,
      controllers: [ImagesController],
      prepare(app) {
        if (stage.adapter === 'express') return void app.use(express.raw({ type: ['image/png', 'application/json'] }));
        const instance = app.getHttpAdapter().getInstance() as Fastify;
        for (const type of ['image/png', 'application/json'])
          instance.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
      },
    }),
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    {
      name: 'a user stores an image',
      async run() {
        const { status, text } = await running.send('/images', image(stage.world.userToken({ scope: 'ledger:write' })));
        if (status !== 201 || text !== '32 bytes for alice') throw new Error(`${status}: ${text}`);
      },
    },
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    refused(3, 'a user without the scope stores an image', () =>
      running.send('/images', image(stage.world.userToken())),
    ),
    refused(3, 'a message is read that is beyond the limits', () =>
      callByHand(running.send, stage.world.userToken(), 'whoami', {
        input: Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`member${i}`, 1])),
      }),
    ),
  ],
};
