import { randomUUID } from 'node:crypto';
import {
  Authenticated,
  type AuditEvent,
  Delegated,
  type DelegatedFetch,
  type IssuerOptions,
  type TargetOptions,
} from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { type DocumentedToken, having } from '../presets/fixtures/tokens.js';
import { sign } from '../presets/providers.js';
import { connect, startMcpApp, type TestApp } from '../support/app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { type World } from '../support/world.js';
import { type TokenEndpoint, type TokenRequest } from './token-endpoint.js';

/** One API, called in four ways; what is said here is the same for all of them. */
export type Target = Omit<TargetOptions, 'mode' | 'baseUrl' | 'issuer'>;

/** Evidence of the actor is demanded of `delegated`, and not of `impersonated`. */
export type Way = 'delegated' | 'impersonated' | 'restricted' | 'service';

@ToolController()
@Authenticated()
class OrderTools {
  @Tool({ name: 'delegated' })
  delegated(@Delegated('delegated') orders: DelegatedFetch) {
    return status(orders);
  }

  @Tool({ name: 'impersonated' })
  impersonated(@Delegated('impersonated') orders: DelegatedFetch) {
    return status(orders);
  }

  @Tool({ name: 'restricted' })
  restricted(@Delegated('restricted') orders: DelegatedFetch) {
    return status(orders);
  }

  @Tool({ name: 'service' })
  service(@Delegated('service') orders: DelegatedFetch) {
    return status(orders);
  }
}

const status = async (orders: DelegatedFetch) => ({ status: (await orders('/orders')).status });

/** What one call of a tool led to. */
export interface Called {
  /** `ok`, or the code of the refusal. */
  result: string;
  challenge: string | undefined;
  /** What the provider was asked. */
  asked: TokenRequest[];
  /** The access tokens that the API was sent. */
  sent: string[];
  outcome: AuditEvent;
  /** The outcome of the tool. */
  execution: AuditEvent;
}

export interface Shop {
  /** With this token, made unlike every other: what was exchanged for another is not used. */
  call(way: Way, token: DocumentedToken): Promise<Called & { inbound: string }>;
  close(): Promise<void>;
}

/** An MCP server behind one provider, whose hosts are on loopback. */
export async function startShop(
  endpoint: TokenEndpoint,
  issuer: IssuerOptions,
  target: Target,
  own: Partial<Target> = {},
): Promise<Shop> {
  const api = await startLoopback();
  const orders = { ...target, baseUrl: api.url, issuer: issuer.issuer };
  const targets: Record<Way, TargetOptions> = {
    delegated: { ...orders, mode: 'on_behalf_of' },
    impersonated: { ...orders, mode: 'on_behalf_of', actEvidence: 'none' },
    restricted: { ...orders, mode: 'restricted_user', reason: 'The orders API of the test takes no actor.' },
    service: { ...orders, ...own, mode: 'service_identity' },
  };
  const app = await startMcpApp(NOWHERE, {
    providers: [OrderTools],
    options: { issuers: [issuer], targets, ports: { fetch: routed(endpoint.routes) } },
  }).catch(async (error: unknown) => {
    await api.close();
    throw error;
  });
  return {
    async call(way, token) {
      const inbound = await sign(having(token, { jti: randomUUID() }));
      const [asked, sent] = [endpoint.requests.length, api.requests.length];
      return {
        inbound,
        ...(await callTool(app, way, inbound)),
        asked: endpoint.requests.slice(asked),
        sent: api.requests.slice(sent).map(bearer),
      };
    },
    close: async () => void (await Promise.all([app, api, endpoint].map(part => part.close()))),
  };
}

/** The application brings its issuer, so that it needs no authorization server of the shop. */
const NOWHERE = { issuerOptions: () => undefined } as unknown as World;

const bearer = ({ headers }: Loopback['requests'][number]): string => headers.authorization!.replace('Bearer ', '');

async function callTool(app: TestApp, name: Way, token: string): Promise<Omit<Called, 'asked' | 'sent'>> {
  const client = await connect(app.url, token);
  const { isError, structuredContent } = await client.callTool({ name, arguments: {} });
  await client.close();
  const { code, challenge } = (structuredContent ?? {}) as { code?: string; challenge?: string };
  return {
    result: isError ? (code ?? 'error') : 'ok',
    challenge,
    outcome: app.auditLog.last('delegation.outcome'),
    execution: app.auditLog.last('execution.outcome'),
  };
}

/** Nothing leaves the machine: a host is on loopback, or another one stands for it. */
function routed(routes: Record<string, string>): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.hostname === '127.0.0.1') return fetch(input, init);
    const route = routes[url.origin];
    if (!route) throw new Error(`nothing stands for ${url.origin}`);
    return fetch(`${route}${url.pathname}${url.search}`, init);
  };
}
