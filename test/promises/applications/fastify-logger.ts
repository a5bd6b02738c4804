import { Writable } from 'node:stream';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { createAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { bearer } from '../parts.js';

let stage: Stage;
let lines = 0;

const stream = new Writable({
  write(chunk: Buffer, _encoding, done) {
    lines++;
    stage.see('on the log of Fastify', chunk.toString());
    done();
  },
});

/** As it is found in many answers on the web. */
const serializers = {
  req: ({
    method,
    url,
    headers,
    raw,
  }: {
    method: string;
    url: string;
    headers: object;
    raw: { rawHeaders: string[] };
  }) => ({
    method,
    url,
    headers,
    raw: raw.rawHeaders,
  }),
};

export const application: Application = {
  name: 'the logger of Fastify, with all headers',
  adapters: ['fastify'],
  async start(given) {
    stage = given;
    lines = 0;
    const adapter = new FastifyAdapter({ logger: { level: 'trace', stream, serializers: serializers as never } });
    return createAccounts(stage, { adapter: adapter as never });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    {
      name: 'each request is on the log',
      run: async () => {
        if (lines < 5) throw new Error(`${lines} lines`);
      },
    },
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    ...['/nowhere', '/accounts/balance', '/%zz'].map(path => ({
      promise: 1 as const,
      name: `a request for ${path} is logged with its token`,
      async run() {
        await running.send(path, bearer(given.world.userToken()));
        return undefined;
      },
    })),
  ],
};
