import serverlessExpress, { getCurrentInvoke } from '@codegenie/serverless-express';
import { Controller, Get } from '@nestjs/common';
import { Authenticated } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountReads } from '../calls.js';
import { answerOf, lambdaEvent } from '../lambda.js';
import { answers, bearer, viewsOf } from '../parts.js';

let stage: Stage;

@Controller('event')
class EventController {
  /** As its documentation has it. */
  @Get()
  @Authenticated()
  event() {
    return JSON.stringify(getCurrentInvoke().event);
  }
}

export const application: Application = {
  name: 'a function on AWS Lambda, by @codegenie/serverless-express',
  adapters: ['express'],
  async start(given) {
    stage = given;
    const running = await startAccounts(stage, {
      controllers: [EventController],
      prepare(app) {
        app.use((request: { apiGateway?: object }, _response: unknown, next: () => void) => {
          stage.see('by a middleware of a function', viewsOf(request));
          // As its `eventContext()` does it, for handlers.
          request.apiGateway = getCurrentInvoke();
          next();
        });
      },
    });
    const handler = (serverlessExpress as unknown as typeof serverlessExpress.default)({
      app: running.app.getHttpAdapter().getInstance(),
    }) as unknown as (event: object, context: object) => Promise<unknown>;
    return {
      ...running,
      async send(path, init) {
        return answerOf(await handler(lambdaEvent(path, init), {}));
      },
    };
  },
  legitimate: (running, given) => [
    ...accountReads(running, given),
    answers(
      'a handler reads the event',
      () => running.send('/event', bearer(given.world.userToken())),
      '"rawPath":"/event"',
    ),
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    {
      promise: 1,
      name: 'a handler reads the token in the event',
      async run() {
        const token = given.world.userToken();
        const { text } = await running.send('/event', bearer(token));
        return text.includes(token) ? text.slice(0, 200) : undefined;
      },
    },
  ],
};
