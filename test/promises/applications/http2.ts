import { connect } from 'node:http2';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type Application, type Send } from '../application.js';
import { createAccounts } from '../accounts.js';
import { accountAttacks } from '../attacks.js';
import { accountReads } from '../calls.js';
import { viewsOf } from '../parts.js';

export const application: Application = {
  name: 'HTTP/2',
  adapters: ['fastify'],
  async start(stage) {
    const { app, url } = await createAccounts(stage, {
      adapter: new FastifyAdapter({ http2: true }) as never,
      prepare: app =>
        void app.use((request: object, _response: unknown, next: () => void) => {
          stage.see('by a middleware over HTTP/2', viewsOf(request));
          next();
        }),
    });
    const send: Send = (path, { method = 'GET', headers = {}, body } = {}) =>
      new Promise((resolve, reject) => {
        const client = connect(url);
        client.on('error', reject);
        const request = client.request({ ':path': path, ':method': method, ...(headers as Record<string, string>) });
        let [status, text] = [0, ''];
        request.on('response', answer => (status = Number(answer[':status'])));
        request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        request.on('end', () => {
          client.close();
          resolve({ status, text });
        });
        request.end(body);
      });
    return { app, url, send };
  },
  legitimate: accountReads,
  attacks: accountAttacks,
};
