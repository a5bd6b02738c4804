import { Controller, Get, type INestApplication, Req } from '@nestjs/common';
import { Authenticated } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, viewsOf } from '../parts.js';

let stage: Stage;

type Hook = (request: { raw: { headers: object }; headers: object }, ...rest: unknown[]) => Promise<unknown>;
interface Fastify {
  addHook(name: string, hook: Hook): void;
  decorateRequest(name: string, value: unknown): void;
}

const HOOKS = ['onRequest', 'preValidation', 'preHandler', 'onResponse', 'onError'];
const HOOKS_WITH_PAYLOAD = ['preParsing', 'preSerialization', 'onSend'];

/** What teams register for tracing and for their own headers. */
function addHooks(app: INestApplication): void {
  const instance = app.getHttpAdapter().getInstance() as Fastify;
  instance.decorateRequest('tracing', '');
  for (const name of HOOKS) instance.addHook(name, async request => stage.see(`by the hook ${name}`, viewsOf(request)));
  for (const name of HOOKS_WITH_PAYLOAD)
    instance.addHook(name, async (request, _reply, payload) => {
      stage.see(`by the hook ${name}`, viewsOf(request));
      return payload;
    });
  // As a gateway plugin does it: the headers become another object.
  instance.addHook('onRequest', async request => {
    request.raw.headers = { ...request.raw.headers, 'x-tracing': 'on' };
  });
  instance.addHook('preHandler', async request => {
    request.headers = { ...request.headers, 'x-user-id': 'bob' };
  });
}

@Controller('failures')
class FailuresController {
  @Get()
  @Authenticated()
  fail(@Req() request: object) {
    stage.see('by a handler behind hooks', viewsOf(request));
    throw new TypeError('a failure');
  }
}

export const application: Application = {
  name: 'hooks of Fastify of every kind, which put other headers in place',
  adapters: ['fastify'],
  async start(given) {
    stage = given;
    return startAccounts(stage, { controllers: [FailuresController], prepare: addHooks });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    answers(
      'a handler reads the headers that a hook has put there',
      () => running.send('/accounts/request', bearer(given.world.userToken())),
      "'x-tracing': 'on'",
    ),
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    {
      promise: 1,
      name: 'a handler that fails shows the token to hooks and to the client',
      async run() {
        const { status, text } = await running.send('/failures', bearer(given.world.userToken()));
        return status === 500 && !given.tokens().some(token => text.includes(token)) ? undefined : text;
      },
    },
  ],
};
