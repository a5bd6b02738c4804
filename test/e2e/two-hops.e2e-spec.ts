import { type IncomingHttpHeaders } from 'node:http';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { IsIn } from 'class-validator';
import { decodeJwt } from 'jose';
import {
  type AuditEventType,
  Delegated,
  type DelegatedFetch,
  type ExecutionIdentityEnvelope,
  Identity,
  RequireScopes,
} from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, type Era, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { onTheWire } from '../support/loopback.js';
import { tokensWithin } from '../support/reachable.js';
import { until } from '../support/until.js';
import { DELIVERY, MCP, SERVER_CLIENT, startWorld, type World } from '../support/world.js';

let world: World;
/** Our server, which the agent calls, and the one that our tool calls. */
let first: TestApp;
let second: TestApp;
/** The headers of every request to the second server, as they came over the wire. */
let received: IncomingHttpHeaders[];
/** Where our tool found a token while its client was connected. */
let found: string[];

const Context = createParamDecorator((_data: undefined, context: ExecutionContext) => context);

class InnerEra {
  @IsIn(ERAS)
  era: Era;
}

@ToolController()
class FirstTools {
  @Tool({ name: 'track_delivery' })
  @RequireScopes('deliveries:read')
  async track(
    @ToolInput() { era }: InnerEra,
    @Delegated('delivery_server') delivery: DelegatedFetch,
    @Identity() identity: ExecutionIdentityEnvelope,
    @Context() context: ExecutionContext,
  ) {
    const client = new Client(
      { name: 'first', version: '1.0.0' },
      era === '2026-07-28' ? { versionNegotiation: { mode: { pin: era } } } : {},
    );
    const passed: unknown[] = [];
    const watched: typeof fetch = async (input, init) => {
      const response = await delivery(input, init);
      passed.push(input, init, response);
      return response;
    };
    const transport = new StreamableHTTPClientTransport(new URL('/mcp', second.url), { fetch: watched });
    try {
      await client.connect(transport);
      const answer = await callTool(client, 'whom_do_you_see');
      found.push(
        ...tokensWithin(
          { tool: this, delivery, identity, context, args: context.getArgs(), client, transport, passed, answer },
          world.minted,
        ),
      );
      return { era: client.getNegotiatedProtocolVersion(), seen: answer.json };
    } finally {
      await client.close();
    }
  }
}

@ToolController()
class SecondTools {
  @Tool({ name: 'whom_do_you_see' })
  @RequireScopes('deliveries:read')
  whom(@Identity() { actor, agent }: ExecutionIdentityEnvelope) {
    return { actor, agent };
  }
}

describe('two hops', () => {
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  describe.each(ADAPTERS)('one of our tools calls another MCP server on behalf of the user, on %s', adapter => {
    beforeAll(async () => {
      second = await startMcpApp(world, {
        adapter,
        providers: [SecondTools],
        options: { resource: DELIVERY, issuers: [world.issuerOptions({ agents: {} })] },
      });
      onTheWire(second.app, headers => received.push({ ...headers }));
      const target = {
        mode: 'on_behalf_of' as const,
        baseUrl: `${second.url}/mcp`,
        issuer: world.issuer,
        resource: DELIVERY,
        scopes: ['deliveries:read'],
      };
      first = await startMcpApp(world, {
        adapter,
        providers: [FirstTools],
        options: { targets: { delivery_server: target } },
      });
    });
    afterAll(async () => {
      await first?.close();
      await second?.close();
    });
    beforeEach(() => {
      received = [];
      found = [];
      first.auditLog.events.length = second.auditLog.events.length = 0;
    });

    describe.each(ERAS)('with a client of %s', era => {
      async function track(token: string) {
        const agent = await connect(first.url, token);
        const answer = await callTool(agent, 'track_delivery', { era });
        await agent.close();
        // A client of 2025 opens a stream beside its calls: our server's call for it may end after the tool.
        await until(() => count('delegation.intent') === count('delegation.outcome'));
        return answer;
      }
      const count = (type: AuditEventType) => first.auditLog.types().filter(one => one === type).length;
      const byAssistant = () => world.userToken({ clientId: 'assistant', scope: 'deliveries:read orders:read' });
      const server = () => ({ issuer: world.issuer, sub: SERVER_CLIENT });

      it('the second server sees the user, our server as the agent, and behind it the agent that the token named', async () => {
        expect((await track(byAssistant())).json).toEqual({
          era,
          seen: {
            actor: { type: 'user', issuer: world.issuer, sub: 'alice', tenant: 'acme' },
            agent: {
              type: 'mcp_agent',
              issuer: world.issuer,
              id: SERVER_CLIENT,
              client_id: SERVER_CLIENT,
              source: 'act',
              chain: [server(), { issuer: world.issuer, sub: 'agent-assistant' }],
            },
          },
        });
      });

      it('an agent that only our registry knows is in our audit log and not in the chain, since no token names it', async () => {
        const { json } = await track(world.userToken({ sub: 'bob', scope: 'deliveries:read' }));
        expect(json.seen).toMatchObject({
          actor: { sub: 'bob', tenant: 'globex' },
          agent: { id: SERVER_CLIENT, chain: [server()] },
        });
        expect(first.auditLog.last('execution.outcome')).toMatchObject({
          actor_sub: 'bob',
          agent_id: 'agent-desk-copilot',
        });
      });

      it('one trace joins both audit logs: each names the user, and whom it was called by', async () => {
        await track(byAssistant());
        const { trace_id } = first.auditLog.last('execution.intent');
        expect(first.auditLog.last('execution.outcome')).toMatchObject({ handler: 'track_delivery', outcome: 'ok' });
        expect(second.auditLog.decisions.map(({ type }) => type)).toEqual(['execution.intent', 'execution.outcome']);
        for (const event of first.auditLog.decisions)
          expect(event).toMatchObject({ trace_id, actor_sub: 'alice', tenant: 'acme', agent_id: 'agent-assistant' });
        for (const event of second.auditLog.decisions) {
          expect(event).toMatchObject({
            trace_id,
            actor_sub: 'alice',
            tenant: 'acme',
            agent_id: SERVER_CLIENT,
            client_id: SERVER_CLIENT,
            handler: 'whom_do_you_see',
          });
        }
      });

      it('every request of the client was delegated for: none went without an intent on our audit log', async () => {
        await track(byAssistant());
        const sent = received.filter(
          ({ authorization }) => decodeJwt(authorization!.replace('Bearer ', '')).aud === DELIVERY,
        );
        expect(sent).toHaveLength(received.length);
        expect(count('delegation.intent')).toBeGreaterThanOrEqual(received.length);
      });

      it('no token is reachable from anything our tool holds while its client is connected, nor from what passes the fetch', async () => {
        await track(byAssistant());
        expect(received.length).toBeGreaterThan(1);
        expect(found).toEqual([]);
      });

      it('what our server seals beside the access token changes nothing: a boundary reads the access token alone', async () => {
        const { json } = await track(byAssistant());
        expect(decodeJwt(received[0]!['txn-token'] as string)).toMatchObject({
          iss: MCP,
          act: { sub: 'agent-assistant' },
        });
        expect(json.seen.agent.id).toBe(SERVER_CLIENT);
      });

      it('a service has no user to be acted for: nothing is sent', async () => {
        expect(await track(await world.machineToken('deliveries:read'))).toMatchObject({
          isError: true,
          code: 'delegation_requires_user',
        });
        expect(first.auditLog.last('execution.outcome')).toMatchObject({ reason: 'delegation_requires_user' });
        expect(first.auditLog.last('delegation.refused')).toMatchObject({
          actor_sub: 'night-batch',
          reason: 'delegation_requires_user',
          target: 'delivery_server',
        });
        expect(received).toEqual([]);
      });

      it('the second server refuses the token that our server was called with, and names nobody on its audit log', async () => {
        await expect(connect(second.url, byAssistant(), era)).rejects.toThrow();
        expect(second.auditLog.decisions).toEqual([
          expect.objectContaining({
            type: 'admission.refused',
            reason: 'audience_refused',
            actor_sub: null,
            agent_id: null,
          }),
        ]);
      });
    });
  });
});
