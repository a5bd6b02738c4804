import { Controller, Get, Post } from '@nestjs/common';
import { type AuditEvent, RequireScopes } from 'nestjs-eie';
import { type AppSetup, startMcpApp, type TestApp } from './app.js';
import { sendRaw } from './loopback.js';
import { MCP, type World } from './world.js';

/** A protected handler that counts how often somebody got in. */
@Controller('door')
export class Door {
  static opened = 0;

  @Get()
  @RequireScopes('orders:read')
  open() {
    return { opened: ++Door.opened };
  }

  @Post()
  @RequireScopes('orders:read')
  push() {
    return { opened: ++Door.opened };
  }
}

/** One request, as the client and the audit log saw it. */
export interface Knock {
  status: number;
  body: string;
  challenge: string | undefined;
  opened: boolean;
  records: AuditEvent[];
}

export interface DoorApp extends TestApp {
  /** Sends the headers as they are, in raw form. */
  send(headers: string[], request?: { path?: string; method?: string; body?: string }): Promise<Knock>;
  /** At the HTTP handler. */
  knock(token: string): Promise<Knock>;
  /** At the MCP route. */
  knockAtMcp(token: string): Promise<Knock>;
}

const LIST_TOOLS = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} });
const JSON_RPC = ['Content-Type', 'application/json', 'Accept', 'application/json, text/event-stream'];

/** A {@link Door} and an MCP route behind the boundary. */
export async function startDoor(world: World, setup: AppSetup = {}): Promise<DoorApp> {
  const shop = await startMcpApp(world, { ...setup, controllers: [Door] });
  const send: DoorApp['send'] = async (headers, { path = '/door', ...request } = {}) => {
    const [opened, records] = [Door.opened, shop.auditLog.events.length];
    const answer = await sendRaw(`${shop.url}${path}`, { ...request, headers });
    return {
      status: answer.status,
      body: answer.body,
      challenge: answer.headers['www-authenticate'],
      opened: Door.opened > opened,
      records: shop.auditLog.events.slice(records),
    };
  };
  return {
    ...shop,
    send,
    knock: token => send(['Authorization', `Bearer ${token}`]),
    knockAtMcp: token =>
      send(['Authorization', `Bearer ${token}`, ...JSON_RPC], { path: '/mcp', method: 'POST', body: LIST_TOOLS }),
  };
}

const METADATA = 'resource_metadata="https://mcp.shop.test/.well-known/oauth-protected-resource/mcp"';
const DPOP = 'DPoP algs="ES256 ES384 ES512 RS256 RS384 RS512 PS256 PS384 PS512 EdDSA Ed25519"';

/** How a request without credentials is told to bring some: without an error code. */
export const BARE_CHALLENGE = `Bearer ${METADATA}, ${DPOP}`;
const CHALLENGE = `Bearer error="invalid_token", error_description="The access token is invalid or expired", ${METADATA}, ${DPOP}`;

/** What every refused token looks like: from outside always the same, on the audit log with its reason and without an identity. */
export const refusal = (reason: AuditEvent['reason'], handler: string | null = 'Door.open') => ({
  status: 401,
  body: '{"statusCode":401,"message":"Unauthorized"}',
  challenge: CHALLENGE,
  opened: false,
  records: [
    {
      time: expect.any(String),
      v: 1,
      id: expect.any(String),
      type: 'admission.refused',
      service: MCP,
      actor_issuer: null,
      actor_sub: null,
      actor_type: null,
      tenant: null,
      agent_issuer: null,
      agent_id: null,
      agent_chain: null,
      client_id: null,
      session_id: null,
      delegation_mode: null,
      delegation_requested: null,
      delegation_effective: null,
      delegations: null,
      delegations_unlisted: null,
      handler,
      target: null,
      args_digest: null,
      outcome: 'refused',
      reason,
      detail_code: null,
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      envelope_id: null,
      intent_id: null,
      duration_ms: null,
      approval_id: null,
      started_by: null,
      posture_sha256: null,
    },
  ],
});

export const claimsOf = (token: string): Record<string, any> =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
export const base64url = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
