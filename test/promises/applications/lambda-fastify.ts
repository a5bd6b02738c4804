import lambda from '@fastify/aws-lambda';
import { type Application, type Stage } from '../application.js';
import { answerOf, lambdaEvent } from '../lambda.js';
import { startAccounts } from '../accounts.js';
import { accountAttacks } from '../attacks.js';
import { accountReads } from '../calls.js';
import { viewsOf } from '../parts.js';

let stage: Stage;

export const application: Application = {
  name: 'a function on AWS Lambda, by @fastify/aws-lambda',
  adapters: ['fastify'],
  async start(given) {
    stage = given;
    let handler: ((event: object, context: object) => Promise<unknown>) | undefined;
    const running = await startAccounts(stage, {
      prepare(app) {
        const instance = app.getHttpAdapter().getInstance() as never;
        // Decorates requests, so before the application starts.
        handler = lambda(instance, { decorateRequest: true, serializeLambdaArguments: true }) as typeof handler;
        app.use((request: object, _response: unknown, next: () => void) => {
          stage.see('by a middleware of a function', viewsOf(request));
          next();
        });
        (instance as { addHook(name: string, hook: (request: object) => Promise<void>): void }).addHook(
          'preHandler',
          async request => stage.see('by a hook of a function', viewsOf(request)),
        );
      },
    });
    return {
      ...running,
      async send(path, init) {
        return answerOf(await handler!(lambdaEvent(path, init), {}));
      },
    };
  },
  legitimate: accountReads,
  attacks: accountAttacks,
};
