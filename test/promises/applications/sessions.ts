import { startAccounts } from '../accounts.js';
import { type Application, type Running } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { message, send } from '../../support/mcp-messages.js';

const ERA = '2025-11-25';
const INITIALIZE = message(ERA, 'initialize', {
  protocolVersion: ERA,
  capabilities: {},
  clientInfo: { name: 'raw', version: '1' },
});
const WHOAMI = message(ERA, 'tools/call', { name: 'whoami', arguments: {} });

/** A session of the user of this token. */
const opened = async ({ url }: Running, token: string): Promise<string> =>
  (await send(url, token, ERA, INITIALIZE)).headers.get('mcp-session-id')!;

const within = ({ url }: Running, id: string, token: string) =>
  send(url, token, ERA, WHOAMI, { headers: { 'mcp-session-id': id } });

export const application: Application = {
  name: 'MCP sessions of several users',
  start: stage => startAccounts(stage, { mcp: { sessions: true } }),
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    {
      name: 'two users call tools, each in a session',
      async run() {
        for (const sub of ['alice', 'bob']) {
          const token = stage.world.userToken({ sub });
          const { body } = await within(running, await opened(running, token), token);
          if (!body.includes(`"text":"${sub}"`)) throw new Error(body);
        }
      },
    },
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    {
      promise: 2,
      name: 'a user calls in the session of another one, or ends it',
      async run() {
        const [alice, bob] = [stage.world.userToken(), stage.world.userToken({ sub: 'bob' })];
        const id = await opened(running, alice);
        const { status, body } = await within(running, id, bob);
        if (status < 400) return body;
        const ended = await fetch(`${running.url}/mcp`, {
          method: 'DELETE',
          headers: { authorization: `Bearer ${bob}`, 'mcp-session-id': id, 'mcp-protocol-version': ERA },
        });
        const after = await within(running, id, alice);
        return ended.status >= 400 && after.body.includes('alice') ? undefined : `${ended.status}, ${after.body}`;
      },
    },
    {
      promise: 3,
      name: 'a session is enough without a token',
      async run() {
        const id = await opened(running, stage.world.userToken());
        const { status, body } = await within(running, id, 'x'.repeat(40));
        return status === 401 ? undefined : body;
      },
    },
    {
      promise: 5,
      name: 'use of a foreign session leaves no record',
      async run() {
        const id = await opened(running, stage.world.userToken());
        const before = stage.auditLog.events.length;
        await within(running, id, stage.world.userToken({ sub: 'bob' }));
        const [record] = stage.auditLog.events.slice(before);
        return record?.actor_sub === 'bob' && record.outcome === 'refused' ? undefined : `${record?.type}`;
      },
    },
  ],
};
