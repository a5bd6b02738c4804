import { performance } from 'node:perf_hooks';
import { Controller, Get } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { subjectOf } from '../load/tokens.js';
import { crowdApp, type CrowdAbout } from '../load/crowd-app.js';
import { type Measured } from '../load/bench-server.js';
import { createNest } from '../load/nest.js';

export interface WorkerAbout {
  /** Default: an application without identity. */
  readonly crowd?: CrowdAbout;
  /** Of the users 0, 1, 2 and so on. */
  readonly tokens: readonly string[];
}

/** How many requests are worked on at once. */
const AT_ONCE = 16;

@Controller('me')
class NobodyController {
  @Get()
  me() {
    return { user: 'nobody' };
  }
}

process.once('message', ({ crowd, tokens }: WorkerAbout) => {
  void (async () => {
    const contender = crowd ? crowdApp(crowd) : { controllers: [NobodyController] };
    const app = (await createNest(contender, 'fastify')) as NestFastifyApplication;
    await app.init();
    process.on(
      'message',
      (ms: number) => void work(app, tokens, ms, crowd !== undefined).then(said => process.send!(said)),
    );
    process.once('disconnect', () => void app.close().then(() => process.exit()));
    process.send!('ready');
  })();
});

/** As many requests as fit in the time, from within. @throws on an answer that does not name the user */
async function work(
  app: NestFastifyApplication,
  tokens: readonly string[],
  ms: number,
  isNamed: boolean,
): Promise<Measured> {
  const times: number[] = [];
  const before = process.cpuUsage();
  const started = performance.now();
  const end = started + ms;
  let next = 0;
  const one = async (): Promise<void> => {
    for (let began = started; began < end;) {
      const user = next++ % tokens.length;
      const headers = { authorization: `Bearer ${tokens[user]}` };
      const { statusCode, body } = await app.inject({ method: 'GET', url: '/me', headers });
      if (statusCode !== 200 || !body.includes(isNamed ? subjectOf(user) : 'nobody'))
        throw new Error(`Answered with ${statusCode}: ${body}`);
      const now = performance.now();
      times.push(now - began);
      began = now;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  times.sort((a, b) => a - b);
  return {
    requests: times.length,
    seconds,
    p99Ms: times[Math.floor(times.length * 0.99)]!,
    cpuUs: (user + system) / times.length,
  };
}
