import { Readable } from 'node:stream';
import { type ReadableStream } from 'node:stream/web';
import { Controller, Get, Param, Res, StreamableFile, type Type } from '@nestjs/common';
import { Delegated, type DelegatedFetch, Public, RequireScopes } from 'nestjs-eie';
import { startLoopback } from '../../support/loopback.js';
import { ordersTarget } from '../../support/orders.js';
import { startAccounts } from '../accounts.js';
import { API_PATH } from '../api.js';
import { type Application } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, closing, refused } from '../parts.js';

/** Hands the answer of an API on, while it comes. */
@Controller('files')
class FilesController {
  @Get(':name')
  @RequireScopes('orders:read')
  async file(@Param('name') name: string, @Delegated('files_api') files: DelegatedFetch) {
    const { body } = await files(`/${encodeURIComponent(name)}`);
    return new StreamableFile(Readable.fromWeb(body as ReadableStream).on('error', () => undefined));
  }
}

interface Reply {
  status(code: number): Reply;
  header(name: string, value: string): Reply;
  send(body: string): void;
}

/** The single-page application: every path that nothing else serves. */
function pageAt(path: string): Type {
  @Controller()
  class PageController {
    @Get(path)
    @Public({ reason: 'The page itself is for everybody.' })
    page(@Res() reply: Reply) {
      reply.status(200).header('content-type', 'text/html').send('<html>the page</html>');
    }
  }
  return PageController;
}

export const application: Application = {
  name: 'answers of an API that are handed on while they come, and a page at every other path',
  async start(stage) {
    const api = await startLoopback(({ url, headers }, response) => {
      response.write('the beginning, ');
      const token = (headers.authorization ?? '').replace('Bearer ', '');
      setTimeout(() => response.end(url!.endsWith('/debug') ? `sent with ${token}` : 'the end'), 10);
    });
    const { world } = stage;
    const target = ordersTarget(world, stage.api.url + API_PATH);
    const running = await startAccounts(stage, {
      controllers: [FilesController, pageAt(stage.adapter === 'express' ? '*path' : '*')],
      options: {
        targets: { orders_api: target, billing_api: target, files_api: ordersTarget(world, api.url + API_PATH) },
      },
    });
    return { ...running, app: closing(running.app, () => api.close()) };
  },
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    answers(
      'a user reads a file of an API',
      () => running.send('/files/report', bearer(stage.world.userToken())),
      'the beginning, the end',
    ),
    answers('anybody reads the page', () => running.send('/anything/else'), 'the page'),
    answers(
      'a client finds out who issues tokens',
      () => running.send('/.well-known/oauth-protected-resource/mcp'),
      'resource',
    ),
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    {
      promise: 1,
      name: 'a token comes in the middle of an answer',
      async run() {
        const { text } = await running
          .send('/files/debug', bearer(stage.world.userToken()))
          .catch((error: Error) => ({ text: error.message }));
        return stage.tokens().some(token => text.includes(token)) ? text.slice(0, 100) : undefined;
      },
    },
    ...['/files/report', '/accounts/orders'].map(path =>
      refused(3, `the page opens ${path} to anybody`, () => running.send(path)),
    ),
  ],
};
