import { type IncomingMessage, type ServerResponse } from 'node:http';
import { Controller, Get, Param } from '@nestjs/common';
import { Authenticated, Delegated, type DelegatedFetch } from 'nestjs-eie';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { ordersTarget } from '../../support/orders.js';
import { startAccounts } from '../accounts.js';
import { API_PATH } from '../api.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, closing } from '../parts.js';

let stage: Stage;
let last = '';

/** An API with debugging switched on, which shows a token in one of many ways. */
const ECHOES: Record<string, (token: string, response: ServerResponse) => void> = {
  body: (token, response) => response.end(`{"token":"${token}"}`),
  'a failure': (token, response) => response.writeHead(500).end(`cannot verify ${token}`),
  'a header': (token, response) => response.setHeader('x-token', token).end('{}'),
  'a status': (token, response) => response.writeHead(401, `bad ${token.slice(-60)}`).end('{}'),
  'a cookie': (token, response) => response.setHeader('set-cookie', `session=${token}`).end('{}'),
  'a redirect': (token, response) =>
    response.writeHead(302, { location: `${API_PATH}/orders?access_token=${token}` }).end(),
  pieces: (token, response) => {
    response.write(token.slice(0, 40));
    setTimeout(() => response.end(token.slice(40)), 5);
  },
  'the token before': (token, response) => {
    response.end(last);
    last = token;
  },
};

const NAMES = Object.keys(ECHOES);

function echo(request: IncomingMessage, response: ServerResponse): void {
  const name = NAMES[Number(request.url!.slice(`${API_PATH}/`.length))];
  if (name) ECHOES[name]!((request.headers.authorization ?? '').replace('Bearer ', ''), response);
  else response.end('{"order":17}');
}

@Controller('echoes')
class EchoesController {
  @Get(':number')
  @Authenticated()
  async one(@Param('number') number: string, @Delegated('echo_api') api: DelegatedFetch) {
    try {
      const response = await api(`/${number}`);
      const seen = [response.url, response.statusText, ...[...response.headers].flat(), await response.text()];
      stage.see(`in an answer of an API (${NAMES[Number(number)]})`, seen);
      return seen.join('\n');
    } catch (error) {
      stage.see(`in an error of a call (${NAMES[Number(number)]})`, error);
      throw error;
    }
  }
}

export const application: Application = {
  name: 'an API that shows the token of a call in many ways',
  async start(given) {
    stage = given;
    const api: Loopback = await startLoopback(echo);
    const running = await startAccounts(stage, {
      controllers: [EchoesController],
      options: {
        targets: {
          orders_api: ordersTarget(stage.world, stage.api.url + API_PATH),
          billing_api: ordersTarget(stage.world, stage.api.url + API_PATH),
          echo_api: ordersTarget(stage.world, api.url + API_PATH),
        },
      },
    });
    return { ...running, app: closing(running.app, () => api.close()) };
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    answers('an answer without a token', () => running.send('/echoes/99', bearer(given.world.userToken())), '17'),
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    ...NAMES.map((name, number) => ({
      promise: 1 as const,
      name: `a handler reads the token of its call in ${name}`,
      async run() {
        const { text } = await running.send(`/echoes/${number}`, bearer(given.world.userToken()));
        return given.tokens().some(token => text.includes(token)) ? text.slice(0, 100) : undefined;
      },
    })),
  ],
};
