import { Readable } from 'node:stream';
import { Controller, Get, HttpCode, Post, Redirect, Req, Res, StreamableFile } from '@nestjs/common';
import { Authenticated, Identity, RequireScopes } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, recordsSince, refused } from '../parts.js';

interface Reply {
  status(code: number): Reply;
  header(name: string, value: string): Reply;
  send(body: string): void;
}

/** Every way that Nest has to answer. */
@Controller('answers')
class AnswersController {
  @Get('file')
  @RequireScopes('ledger:read')
  file(@Identity('actor.sub') user: string) {
    return new StreamableFile(Readable.from([`ledger of ${user}`, ', end']), { type: 'text/plain' });
  }

  @Get('by-hand')
  @RequireScopes('ledger:read')
  byHand(@Res() response: Reply, @Identity('actor.sub') user: string) {
    response.status(200).send(`by hand for ${user}`);
  }

  @Get('passthrough')
  @Authenticated()
  passthrough(@Res({ passthrough: true }) response: Reply, @Identity('actor.sub') user: string) {
    response.header('x-user', user);
    return `passed through for ${user}`;
  }

  @Get('redirect')
  @Redirect('/answers/passthrough', 302)
  @RequireScopes('ledger:read')
  redirect() {}

  @Post('nothing')
  @HttpCode(200)
  @Authenticated()
  nothing() {}

  @Get('late')
  @RequireScopes('ledger:read')
  late(@Req() request: { headers: object }, @Res() response: Reply) {
    setTimeout(() => response.send(`late, ${JSON.stringify(request.headers)}`), 20);
  }
}

const PATHS = ['file', 'by-hand', 'late'];

export const application: Application = {
  name: 'files, answers by hand, redirects, and answers that come late',
  start: stage => startAccounts(stage, { controllers: [AnswersController] }),
  legitimate: (running, { world, ...stage }) => {
    const reader = () => bearer(world.userToken({ scope: 'ledger:read' }));
    return [
      ...accountCalls(running, { world, ...stage }),
      answers('a file', () => running.send('/answers/file', reader()), 'ledger of alice, end'),
      answers('an answer by hand', () => running.send('/answers/by-hand', reader()), 'by hand for alice'),
      answers('an answer that comes late', () => running.send('/answers/late', reader()), 'late'),
      answers('a changed answer', () => running.send('/answers/passthrough', reader()), 'for alice'),
      answers('a redirect', () => running.send('/answers/redirect', reader()), 'for alice'),
      answers('no body', () => running.send('/answers/nothing', { ...reader(), method: 'POST' }), ''),
    ];
  },
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    ...[...PATHS, 'redirect'].map(path =>
      refused(3, `a user without the scope gets ${path}`, () =>
        running.send(`/answers/${path}`, bearer(stage.world.userToken())),
      ),
    ),
    ...PATHS.map(path => ({
      promise: 5 as const,
      name: `${path} has no record, or two`,
      async run() {
        const before = stage.auditLog.events.length;
        const { text } = await running.send(
          `/answers/${path}`,
          bearer(stage.world.userToken({ scope: 'ledger:read' })),
        );
        if (stage.tokens().some(token => text.includes(token))) return text;
        const records = (await recordsSince(stage.auditLog, before, 2)).map(
          ({ type, outcome }) => `${type} ${outcome}`,
        );
        return records.join() === 'execution.intent started,execution.outcome ok' ? undefined : records.join();
      },
    })),
  ],
};
