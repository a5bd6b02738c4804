import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Application, type Send, type Stage } from '../application.js';
import { startAccounts } from '../accounts.js';
import { accountAttacks } from '../attacks.js';
import { accountReads } from '../calls.js';
import { viewsOf } from '../parts.js';

let stage: Stage;

export const application: Application = {
  name: 'requests by app.inject(), which no server sees',
  adapters: ['fastify'],
  async start(given) {
    stage = given;
    const running = await startAccounts(stage, {
      prepare: app =>
        void app.use((request: object, _response: unknown, next: () => void) => {
          stage.see('by a middleware behind inject()', viewsOf(request));
          next();
        }),
    });
    const send: Send = async (path, { method = 'GET', headers = {}, body } = {}) => {
      const app = running.app as NestFastifyApplication;
      const answer = await app.inject({
        method: method as 'GET',
        url: path,
        headers: headers as Record<string, string>,
        ...(body && { payload: body as string }),
      });
      return { status: answer.statusCode, text: answer.body };
    };
    return { ...running, send };
  },
  legitimate: accountReads,
  attacks: accountAttacks,
};
