import { connect } from 'node:http2';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EieModule } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { type Application, type Send } from '../application.js';
import { accountOptions, AccountsController, AccountTools } from '../accounts.js';
import { accountAttacks } from '../attacks.js';
import { accountReads } from '../calls.js';
import { viewsOf } from '../parts.js';

export const application: Application = {
  name: 'HTTP/2',
  adapters: ['fastify'],
  async start(stage) {
    @Module({
      imports: [
        EieModule.forRoot(accountOptions(stage)),
        EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' }),
      ],
      controllers: [AccountsController],
      providers: [AccountTools],
    })
    class AppModule {}
    const app = await NestFactory.create(AppModule, new FastifyAdapter({ http2: true }) as never, {
      logger: false,
      abortOnError: false,
    });
    app.use((request: object, _response: unknown, next: () => void) => {
      stage.see('by a middleware over HTTP/2', viewsOf(request));
      next();
    });
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
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
