import serverlessExpress from '@codegenie/serverless-express';
import { startAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountReads } from '../calls.js';
import { answerOf, lambdaEvent } from '../lambda.js';
import { viewsOf } from '../parts.js';

let stage: Stage;

export const application: Application = {
  name: 'a function on AWS Lambda, by @codegenie/serverless-express',
  adapters: ['express'],
  async start(given) {
    stage = given;
    const running = await startAccounts(stage, {
      prepare: app =>
        void app.use((request: object, _response: unknown, next: () => void) => {
          stage.see('by a middleware of a function', viewsOf(request));
          next();
        }),
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
  legitimate: accountReads,
  attacks: accountAttacks,
};
