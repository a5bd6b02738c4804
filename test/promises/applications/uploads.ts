import { Body, Controller, Post, Req, UploadedFile, UseInterceptors } from '@nestjs/common';
import fastifyMultipart from '@fastify/multipart';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { FileInterceptor } from '@nestjs/platform-express';
import { Identity, RequireScopes } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { bearer } from '../parts.js';

let stored: string[] = [];

@Controller('uploads')
class MulterController {
  @Post()
  @UseInterceptors(FileInterceptor('file'))
  @RequireScopes('ledger:write')
  upload(
    @UploadedFile() file: { buffer: Buffer },
    @Body() body: { owner?: string },
    @Identity('actor.sub') user: string,
  ) {
    stored.push(file.buffer.toString());
    return `stored for ${user}, and not for ${body.owner}`;
  }
}

interface Multipart {
  file(): Promise<{ toBuffer(): Promise<Buffer>; fields: { owner?: { value: string } } }>;
}

@Controller('uploads')
class MultipartController {
  @Post()
  @RequireScopes('ledger:write')
  async upload(@Req() request: Multipart, @Identity('actor.sub') user: string) {
    const file = await request.file();
    stored.push((await file.toBuffer()).toString());
    return `stored for ${user}, and not for ${file.fields.owner?.value}`;
  }
}

const upload = (token: string): RequestInit => {
  const body = new FormData();
  body.append('owner', 'bob');
  body.append('file', new Blob(['the file']), 'file.txt');
  return { ...bearer(token), method: 'POST', body };
};

export const application: Application = {
  name: 'files that clients upload, by multer and by @fastify/multipart',
  async start(stage) {
    stored = [];
    return startAccounts(stage, {
      controllers: [stage.adapter === 'express' ? MulterController : MultipartController],
      prepare(app) {
        if (stage.adapter === 'fastify') void (app as NestFastifyApplication).register(fastifyMultipart as never);
      },
    });
  },
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    {
      name: 'a user uploads a file',
      async run() {
        const { status, text } = await running.send(
          '/uploads',
          upload(stage.world.userToken({ scope: 'ledger:write' })),
        );
        if (status !== 201 || text !== 'stored for alice, and not for bob') throw new Error(`${status}: ${text}`);
      },
    },
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    ...[stage.world.userToken(), 'x'.repeat(40)].map((token, i) => ({
      promise: 3 as const,
      name: i ? 'nobody uploads a file' : 'a user without the scope uploads a file',
      async run() {
        stored = [];
        const { status } = await running.send('/uploads', upload(token));
        return stored.length || status < 400 ? `${status}` : undefined;
      },
    })),
    {
      promise: 5 as const,
      name: 'a file is stored while the audit log is down',
      async run() {
        stored = [];
        stage.auditLog.broken = true;
        await running.send('/uploads', upload(stage.world.userToken({ scope: 'ledger:write' })));
        stage.auditLog.broken = false;
        return stored[0];
      },
    },
  ],
};
