import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { startAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, viewsOf } from '../parts.js';

let stage: Stage;

interface Reply {
  send(body: string): void;
}

/** As exporters of metrics do it: a route that Nest does not know, on the adapter. */
@Injectable()
class MetricsRoute implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const adapter = this.host.httpAdapter as unknown as {
      get(path: string, handler: (request: object, reply: Reply) => void): void;
    };
    adapter.get('/metrics', (request, reply) => {
      stage.see('by a route on the adapter', viewsOf(request));
      reply.send(`requests_total 17 ${viewsOf(request)}`);
    });
  }
}

export const application: Application = {
  name: 'a route that a service registers on the HTTP adapter',
  async start(given) {
    stage = given;
    return startAccounts(stage, { providers: [MetricsRoute] });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    answers('a scraper reads the metrics', () => running.send('/metrics'), 'requests_total'),
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    ...['authorization', 'dpop', 'txn-token'].map(header => ({
      promise: 1 as const,
      name: `the route shows the token in ${header}`,
      async run() {
        const token = given.world.userToken();
        const { text } = await running.send('/metrics', {
          headers: {
            ...(bearer(token).headers as object),
            [header]: header === 'authorization' ? `Bearer ${token}` : token,
          },
        });
        return text.includes(token) ? text.slice(0, 100) : undefined;
      },
    })),
  ],
};
