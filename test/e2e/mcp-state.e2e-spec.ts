import { inputRequired } from '@modelcontextprotocol/server';
import { IsString } from 'class-validator';
import { Authenticated, type EieOptions, EncryptedRequestStateStore, Identity, RequireScopes } from 'nestjs-eie';
import { EieMcpModule, Prompt, Tool, ToolCall, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { message, send } from '../support/mcp-messages.js';
import { MCP, startWorld, type World } from '../support/world.js';

const ERA = '2026-07-28';
const ASK = {
  confirm: inputRequired.elicit({
    message: 'Really?',
    requestedSchema: { type: 'object', properties: { ok: { type: 'boolean' } } },
  }),
};
const ANSWER = { confirm: { action: 'accept', content: { ok: true } } };

class Transfer {
  @IsString()
  to: string;
}

let rounds: unknown[] = [];

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'refund' })
  @RequireScopes('orders:read')
  refund(@ToolCall() call: ToolCall, @Identity('actor.sub') sub: string) {
    return this.#round('refund', call, sub);
  }

  @Tool({ name: 'close_account' })
  close(@ToolCall() call: ToolCall, @Identity('actor.sub') sub: string) {
    return this.#round('close_account', call, sub);
  }

  @Tool({ name: 'transfer' })
  transfer(@ToolInput() _input: Transfer, @ToolCall() call: ToolCall, @Identity('actor.sub') sub: string) {
    return this.#round('transfer', call, sub);
  }

  @Prompt({ name: 'refund' })
  prompt(@ToolCall() call: ToolCall, @Identity('actor.sub') sub: string) {
    return this.#round('prompt', call, sub);
  }

  #round(name: string, call: ToolCall, sub: string) {
    const remembered = call.state<{ order: string }>();
    rounds.push({ name, sub, remembered, answers: call.inputResponses });
    return remembered ? `refunded ${remembered.order}` : call.requestInput(ASK, { order: 'o-17' });
  }
}

describe.each(ADAPTERS)('what a client keeps between two rounds of a call, on %s,', adapter => {
  let world: World;
  let app: TestApp;
  let sibling: TestApp;
  let state: string;

  const sharing = () => ({ ports: { requestState: new EncryptedRequestStateStore('k'.repeat(32)) } });
  const start = (path: string, options: Partial<EieOptions> = {}) =>
    startApp(world, {
      adapter,
      providers: [Tools],
      imports: [EieMcpModule.register({ path, name: 'shop', version: '1.0.0' })],
      options,
    });

  beforeAll(async () => {
    world = await startWorld();
    [app, sibling] = await Promise.all([start('mcp', sharing()), start('mcp')]);
  });
  afterAll(async () => {
    await Promise.all([app?.close(), sibling?.close()]);
    await world?.close();
  });
  beforeEach(async () => {
    state = (await call()).result.requestState as string;
    rounds = [];
    app.auditLog.events.length = 0;
  });

  const changed = (text: string, at: number) =>
    `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;

  interface Round {
    by?: Parameters<World['userToken']>[0];
    method?: string;
    name?: string;
    input?: Record<string, unknown>;
    requestState?: unknown;
    at?: TestApp;
  }
  async function call({
    by = {},
    method = 'tools/call',
    name = 'refund',
    input = {},
    requestState,
    at = app,
  }: Round = {}) {
    const params = {
      name,
      arguments: input,
      ...(requestState !== undefined && { requestState, inputResponses: ANSWER }),
    };
    const { status, messages } = await send(
      at.url,
      world.userToken(by),
      ERA,
      message(ERA, method, params, 1, { elicitation: {} }),
    );
    return { status, ...messages[0] };
  }

  it('answers for the input that was asked about, and for no other', async () => {
    const transfer = (to: string, requestState?: unknown) => call({ name: 'transfer', input: { to }, requestState });
    const asked = (await transfer('bob')).result.requestState;
    rounds = [];
    expect((await transfer('mallory', asked)).result).toMatchObject({
      isError: true,
      structuredContent: { code: 'input_invalid' },
    });
    expect(rounds).toEqual([]);
    expect(app.auditLog.last('input.refused')).toMatchObject({ handler: 'transfer', actor_sub: 'alice' });
    // It is used up by the attempt: the user has to be asked again.
    expect((await transfer('bob', asked)).result?.content).not.toEqual([{ type: 'text', text: 'refunded o-17' }]);
    const again = (await transfer('bob')).result.requestState;
    expect((await transfer('bob', again)).result).toMatchObject({ content: [{ text: 'refunded o-17' }] });
  });

  it('is used once: one approval of the user is one call, however often and by how many at a time it comes back', async () => {
    const asked = (await call({})).result.requestState;
    rounds = [];
    const answers = await Promise.all(Array.from({ length: 4 }, () => call({ requestState: asked })));
    await call({ requestState: asked });
    expect(rounds).toHaveLength(1);
    expect(answers.filter(({ result }) => result?.content?.[0]?.text === 'refunded o-17')).toHaveLength(1);
    expect(app.auditLog.events.filter(({ reason }) => reason === 'input_invalid')).toHaveLength(4);
  });

  it('is used once, in whatever spelling its handle comes back', async () => {
    const asked = (await call({})).result.requestState as string;
    rounds = [];
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const others = [...[...letters].map(letter => asked.slice(0, -1) + letter), `${asked}=`, `${asked} `];
    for (const requestState of others.filter(one => one !== asked)) await call({ requestState });
    expect(rounds).toEqual([]);
    await call({ requestState: asked });
    expect(rounds).toHaveLength(1);
  });

  it('comes back with the answers of the user, in a call that is decided and recorded by itself', async () => {
    const { result } = await call({ requestState: state });
    expect(result).toMatchObject({ resultType: 'complete', content: [{ text: 'refunded o-17' }] });
    expect(rounds).toEqual([{ name: 'refund', sub: 'alice', remembered: { order: 'o-17' }, answers: ANSWER }]);
    expect(app.auditLog.types()).toEqual(['execution.intent', 'execution.outcome']);
  });

  it('is of no use without the scope of the tool', async () => {
    expect((await call({ by: { scope: 'billing:read' }, requestState: state })).status).toBe(403);
    expect(rounds).toEqual([]);
  });

  it.each<[whose: string, round: () => Round]>([
    ['another user', () => ({ by: { sub: 'bob' }, requestState: state })],
    ['another user of the same tenant', () => ({ by: { sub: 'user-0' }, requestState: state })],
    ['the same user through another client', () => ({ by: { clientId: 'assistant' }, requestState: state })],
    [
      'the same user through another agent of the client',
      () => ({ by: { claims: { act: { sub: 'agent-other' } } }, requestState: state }),
    ],
    ['the same name in another tenant', () => ({ by: { claims: { tenant: 'globex' } }, requestState: state })],
    ['another tool', () => ({ name: 'close_account', requestState: state })],
    ['a prompt of the same name', () => ({ method: 'prompts/get', requestState: state })],
    ['whoever changes a character of it', () => ({ requestState: changed(state, 20) })],
    ['whoever changes its authentication tag', () => ({ requestState: changed(state, state.length - 10) })],
    ['whoever takes its authentication tag away', () => ({ requestState: state.slice(0, state.lastIndexOf('.')) })],
    [
      'whoever makes one',
      () => ({
        requestState: `v1.${Buffer.from(JSON.stringify({ p: { by: 'refund', state: { order: 'o-1' } }, exp: 9_999_999_999 })).toString('base64url')}.AAAA`,
      }),
    ],
  ])('is refused from %s: nothing runs, and that is one record', async (_whose, round) => {
    const { result, error } = await call(round());
    expect(result?.isError ?? error?.code).toBeTruthy();
    expect(JSON.stringify({ result, error })).not.toContain('o-17');
    expect(rounds).toEqual([]);
    expect(app.auditLog.events).toEqual([
      expect.objectContaining({
        type: 'input.refused',
        outcome: 'refused',
        reason: 'input_invalid',
        actor_sub: expect.any(String),
        handler: expect.stringMatching(/refund|close_account/),
      }),
    ]);
  });

  it('is refused when it is no text, without a word to the tool', async () => {
    await call({ requestState: { order: 'o-17' } });
    expect(rounds).toEqual([]);
  });

  it('cannot be read at the client: neither what is remembered, nor who the caller is', () => {
    const readable = [state, ...state.split('.').map(part => Buffer.from(part, 'base64url').toString())].join('\n');
    for (const secret of ['alice', 'acme', 'desk-copilot', world.issuer, MCP, 'o-17', 'refund'])
      expect(readable).not.toContain(secret);
  });

  it('counts in every process with the same key, and in no other', async () => {
    const twin = await start('mcp', sharing());
    expect((await call({ at: twin, requestState: state })).result).toMatchObject({
      content: [{ text: 'refunded o-17' }],
    });
    await twin.close();
    expect((await call({ at: sibling, requestState: state })).error).toBeDefined();
    expect(rounds).toHaveLength(1);
  });

  it('counts on the route that gave it, although another has the same key', async () => {
    const other = await startApp(world, {
      adapter,
      providers: [Tools],
      imports: [
        EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', resource: 'https://mcp.shop.test/other' }),
      ],
      options: sharing(),
    });
    expect(
      (await call({ at: other, by: { claims: { aud: 'https://mcp.shop.test/other' } }, requestState: state })).error,
    ).toBeDefined();
    expect(rounds).toEqual([]);
    await other.close();
  });
});
