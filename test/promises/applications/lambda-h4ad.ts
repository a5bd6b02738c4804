import { ServerlessAdapter } from '@h4ad/serverless-adapter';
import { ApiGatewayV2Adapter } from '@h4ad/serverless-adapter/adapters/aws';
import { ExpressFramework } from '@h4ad/serverless-adapter/frameworks/express';
import { FastifyFramework } from '@h4ad/serverless-adapter/frameworks/fastify';
import { DefaultHandler } from '@h4ad/serverless-adapter/handlers/default';
import { PromiseResolver } from '@h4ad/serverless-adapter/resolvers/promise';
import { startAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountReads } from '../calls.js';
import { answerOf, lambdaEvent } from '../lambda.js';
import { viewsOf } from '../parts.js';

let stage: Stage;

export const application: Application = {
  name: 'a function on AWS Lambda, by @h4ad/serverless-adapter',
  async start(given) {
    stage = given;
    const running = await startAccounts(stage, {
      prepare: app =>
        void app.use((request: object, _response: unknown, next: () => void) => {
          stage.see('by a middleware of a function', viewsOf(request));
          next();
        }),
    });
    const handler = ServerlessAdapter.new(running.app.getHttpAdapter().getInstance())
      .setFramework(stage.adapter === 'express' ? new ExpressFramework() : (new FastifyFramework() as never))
      .setHandler(new DefaultHandler())
      .setResolver(new PromiseResolver())
      .addAdapter(new ApiGatewayV2Adapter())
      .build() as (event: object, context: object) => Promise<unknown>;
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
