import { Writable } from 'node:stream';
import { Controller, Get } from '@nestjs/common';
import { LoggerModule, PinoLogger } from 'nestjs-pino';
import { Authenticated } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer } from '../parts.js';

let stage: Stage;
let lines = 0;

/** What a team would send to its log platform. */
const destination = new Writable({
  write(chunk: Buffer, _encoding, done) {
    lines++;
    stage.see('on the log of nestjs-pino', chunk.toString());
    done();
  },
});

@Controller('jobs')
class JobsController {
  constructor(private readonly logger: PinoLogger) {}

  @Get()
  @Authenticated()
  run() {
    this.logger.info('the job runs');
    return 'done';
  }
}

export const application: Application = {
  name: 'every request on the log of nestjs-pino, with its headers',
  async start(given) {
    stage = given;
    lines = 0;
    return startAccounts(stage, {
      imports: [LoggerModule.forRoot({ pinoHttp: [{ level: 'trace', autoLogging: true }, destination] })],
      controllers: [JobsController],
    });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    answers('a user runs a job', () => running.send('/jobs', bearer(given.world.userToken())), 'done'),
    {
      name: 'each request is on the log',
      run: async () => {
        if (lines < 6) throw new Error(`${lines} lines`);
      },
    },
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    ...['/accounts/me', '/nowhere', '/accounts/balance'].map(path => ({
      promise: 1 as const,
      name: `a request for ${path} is logged with its token`,
      async run() {
        const token = given.world.userToken();
        await running.send(path, { headers: { authorization: `Bearer ${token}`, 'x-forwarded-access-token': token } });
        return undefined;
      },
    })),
  ],
};
