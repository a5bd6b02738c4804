import { callTool, connect } from '../support/app.js';
import { type Legitimate, type Running, type Stage } from './application.js';
import { answers, bearer, callByHand } from './parts.js';

/** What each application with accounts must answer, whatever carries its requests. */
export function accountReads({ send }: Running, { world }: Stage): Legitimate[] {
  return [
    answers('a user reads who they are', () => send('/accounts/me', bearer(world.userToken())), 'alice'),
    answers(
      'a user with the scope reads the balance',
      () => send('/accounts/balance', bearer(world.userToken({ scope: 'billing:read' }))),
      'balance of alice',
    ),
    answers('a user reads an order of an API', () => send('/accounts/orders', bearer(world.userToken())), 'order'),
    answers('a user calls a tool', () => callByHand(send, world.userToken(), 'whoami'), 'alice'),
  ];
}

/** The same, and a tool call by the official MCP client over HTTP. */
export function accountCalls(running: Running, stage: Stage): Legitimate[] {
  return [
    ...accountReads(running, stage),
    {
      name: 'an MCP client calls a tool',
      async run() {
        const client = await connect(running.url, stage.world.userToken());
        const { text } = await callTool(client, 'whoami');
        await client.close();
        if (text !== 'alice') throw new Error(text);
      },
    },
  ];
}
