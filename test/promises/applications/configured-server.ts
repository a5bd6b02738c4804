import { inspect } from 'node:util';
import { startAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { bearer } from '../parts.js';
import { headersFor, message } from '../../support/mcp-messages.js';

let stage: Stage;
const CITIES: Record<string, string[]> = { acme: ['Antwerp', 'Athens'], globex: ['Ghent'] };

const complete = (token: string, headers: Record<string, string> = {}): RequestInit => {
  const body = message('2026-07-28', 'completion/complete', {
    ref: { type: 'ref/prompt', name: 'weather' },
    argument: { name: 'city', value: '' },
    tenant: 'globex',
  });
  const { authorization } = bearer(token).headers as Record<string, string>;
  return {
    method: 'POST',
    headers: { authorization: authorization!, ...headersFor('2026-07-28', body), ...headers },
    body: JSON.stringify(body),
  };
};

export const application: Application = {
  name: 'completions that configure() adds, for the tenant of who asks',
  async start(given) {
    stage = given;
    return startAccounts(stage, {
      mcp: {
        configure({ server }, identity) {
          stage.see('by configure()', identity);
          server.registerCapabilities({ completions: {} });
          server.setRequestHandler('completion/complete', (request, context) => {
            stage.see('by a handler of configure()', inspect([request, context], { depth: 6, showHidden: true }));
            return { completion: { values: CITIES[identity.actor.tenant!]! } };
          });
        },
      },
    });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    ...(['alice', 'bob'] as const).map(sub => ({
      name: `${sub} completes a city`,
      async run() {
        const { text } = await running.send('/mcp', complete(given.world.userToken({ sub })));
        if (!text.includes(sub === 'alice' ? 'Antwerp' : 'Ghent')) throw new Error(text);
      },
    })),
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    {
      promise: 2,
      name: 'a client gets the cities of another tenant',
      async run() {
        const { text } = await running.send('/mcp', complete(given.world.userToken(), { 'x-tenant': 'globex' }));
        return text.includes('Ghent') ? text : undefined;
      },
    },
    {
      promise: 3,
      name: 'nobody completes',
      async run() {
        const { status } = await running.send('/mcp', complete('x'.repeat(40)));
        return status === 401 ? undefined : `${status}`;
      },
    },
  ],
};
