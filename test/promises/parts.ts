import { inspect } from 'node:util';
import { type IncomingMessage } from 'node:http';
import { Controller, Get } from '@nestjs/common';
import { Authenticated, type EieOptions, Identity, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { callTool, connect, type AppSetup, startMcpApp } from '../support/app.js';
import { type Attack, type Legitimate, type Running, type Send, type Stage } from './application.js';

/** Everything that code with a request can read of it. */
export function viewsOf(request: object): string {
  const { raw = request } = request as { raw?: object };
  const { headers, rawHeaders, headersDistinct, url } = raw as Partial<IncomingMessage>;
  const { headers: wrapped, query, apiGateway, awsLambda } = request as Record<string, unknown>;
  return inspect(
    { headers, rawHeaders, headersDistinct, url, wrapped, query, apiGateway, awsLambda },
    { depth: 8, showHidden: true },
  );
}

/** A handler and a tool for each kind of right. */
@Controller('accounts')
export class AccountsController {
  @Get('me')
  @Authenticated()
  me(@Identity('actor.sub') user: string) {
    return user;
  }

  @Get('balance')
  @RequireScopes('billing:read')
  balance(@Identity('actor.sub') user: string) {
    return `balance of ${user}`;
  }
}

@ToolController()
export class AccountTools {
  @Tool({ name: 'whoami' })
  @Authenticated()
  whoami(@Identity('actor.sub') user: string) {
    return user;
  }

  @Tool({ name: 'balance' })
  @RequireScopes('billing:read')
  balance(@Identity('actor.sub') user: string) {
    return `balance of ${user}`;
  }
}

/** Starts an application with the accounts of every test, and what it brings itself. */
export async function startAccounts(
  stage: Stage,
  setup: AppSetup & { options?: Partial<EieOptions> } = {},
): Promise<Running> {
  const { app, url } = await startMcpApp(stage.world, {
    ...setup,
    adapter: stage.adapter,
    controllers: [AccountsController, ...(setup.controllers ?? [])],
    providers: [AccountTools, ...(setup.providers ?? [])],
    options: { audit: { log: stage.auditLog }, ...setup.options },
  });
  return { app, url, send: sendTo(url) };
}

export const sendTo =
  (url: string): Send =>
  async (path, init) => {
    const response = await fetch(url + path, init);
    return { status: response.status, text: await response.text() };
  };

export const bearer = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } });

/** A call that answers 200 with this text. */
export const answers = (
  name: string,
  call: () => Promise<{ status: number; text: string }>,
  text: string,
): Legitimate => ({
  name,
  async run() {
    const answer = await call();
    if (answer.status !== 200 || !answer.text.includes(text))
      throw new Error(`${answer.status}: ${answer.text.slice(0, 200)}`);
  },
});

/** The reads that each application with accounts must answer, whatever carries its requests. */
export function accountReads({ send }: Running, { world }: Stage): Legitimate[] {
  return [
    answers('a user reads who they are', () => send('/accounts/me', bearer(world.userToken())), 'alice'),
    answers(
      'a user with the scope reads the balance',
      () => send('/accounts/balance', bearer(world.userToken({ scope: 'billing:read' }))),
      'alice',
    ),
  ];
}

/** The reads, and a tool call by the official MCP client over HTTP. */
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

/** The attacks that each application with accounts must stand. */
export function accountAttacks({ send }: Running, { world, auditLog }: Stage): Attack[] {
  return [
    refused(2, 'nobody reads who they are', () => send('/accounts/me')),
    refused(2, 'a forged token reads who they are', () =>
      send('/accounts/me', bearer(`${world.userToken().slice(0, -8)}AAAAAAAA`)),
    ),
    refused(3, 'a user without the scope reads the balance', () =>
      send('/accounts/balance', bearer(world.userToken())),
    ),
    {
      promise: 5,
      name: 'a refusal leaves no record',
      async run() {
        const before = auditLog.events.length;
        await send('/accounts/balance', bearer(world.userToken()));
        const [record] = auditLog.events.slice(before);
        return record?.reason === 'insufficient_scope' && record.actor_sub === 'alice'
          ? undefined
          : `record: ${record?.type}`;
      },
    },
    {
      promise: 5,
      name: 'a call runs while the audit log is down',
      async run() {
        auditLog.broken = true;
        try {
          const { status, text } = await send('/accounts/me', bearer(world.userToken()));
          return status === 503 ? undefined : `${status}: ${text.slice(0, 100)}`;
        } finally {
          auditLog.broken = false;
        }
      },
    },
  ];
}

/** An attack that must be answered with a refusal. */
export const refused = (
  promise: Attack['promise'],
  name: string,
  call: () => Promise<{ status: number; text: string }>,
): Attack => ({
  promise,
  name,
  async run() {
    const { status, text } = await call();
    return status >= 400 ? undefined : `${status}: ${text.slice(0, 100)}`;
  },
});
