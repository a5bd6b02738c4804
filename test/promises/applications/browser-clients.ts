import { startAccounts } from '../accounts.js';
import { type Application } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { callByHand, refused, unmoved } from '../parts.js';

const PAGE = 'https://chat.shop.test';

export const application: Application = {
  name: 'clients in web pages, with CORS for some of them',
  start: stage =>
    startAccounts(stage, {
      mcp: { allowedOrigins: ['chat.shop.test'] },
      prepare: app => void app.enableCors({ origin: [PAGE], credentials: true }),
    }),
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    {
      name: 'a page asks what it may send, and reads the challenge',
      async run() {
        const preflight = await fetch(`${running.url}/mcp`, {
          method: 'OPTIONS',
          headers: {
            origin: PAGE,
            'access-control-request-method': 'POST',
            'access-control-request-headers': 'authorization',
          },
        });
        const refusal = await fetch(`${running.url}/accounts/me`, { headers: { origin: PAGE } });
        if (preflight.headers.get('access-control-allow-origin') !== PAGE) throw new Error(`${preflight.status}`);
        const exposed = refusal.headers.get('access-control-expose-headers') ?? '';
        if (!/www-authenticate/i.test(exposed)) throw new Error(exposed);
      },
    },
    {
      name: 'a tool is called from the page',
      async run() {
        const headers = { origin: PAGE };
        const { text } = await callByHand(running.send, stage.world.userToken(), 'whoami', { headers });
        if (!text.includes('alice')) throw new Error(text);
      },
    },
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    ...['https://evil.test', 'null', 'https://chat.shop.test.evil.test'].map(origin =>
      refused(3, `a page of ${origin} calls a tool`, () =>
        callByHand(running.send, stage.world.userToken(), 'whoami', { headers: { origin } }),
      ),
    ),
    unmoved(
      2,
      'a cookie names another user',
      () =>
        callByHand(running.send, stage.world.userToken(), 'whoami', {
          headers: { origin: PAGE, cookie: 'user=bob; session=bob' },
        }),
      'alice',
      'bob',
    ),
  ],
};
