import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import {
  type CanActivate,
  Controller,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  UseGuards,
} from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { createMcpHandler, McpServer, verifyBearerToken } from '@modelcontextprotocol/server';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  type McpContext,
  McpController,
  McpHttpControllerFor,
  McpStrategy,
  StreamableHttpTransport,
  Tool as NestTool,
  ToolScopes,
} from '@rekog/mcp-nest';
import { IsString } from 'class-validator';
import { importJWK, type JWTPayload, jwtVerify } from 'jose';
import { EieModule, Identity, RequireScopes } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { z } from 'zod';
import { startNest } from '../load/nest.js';
import { NoAuditLog, trusting } from '../load/ours.js';
import { type Started } from '../load/serve.js';
import { ISSUER, type PublicKeys, RESOURCE } from '../load/tokens.js';
import { textFor, toolClass, toolName } from './tools.js';

export interface McpSetting {
  readonly keys: PublicKeys;
  /** An empty folder for its audit log. */
  readonly folder: string;
  readonly tools: number;
}

const SCOPE = 'orders:read';
const Order = z.object({ order: z.string() });

type Verify = (token: string) => Promise<JWTPayload>;

async function joseVerifier({ jwk }: PublicKeys): Promise<Verify> {
  const key = await importJWK(jwk, 'RS256');
  return async token =>
    (await jwtVerify(token, key, { issuer: ISSUER, audience: RESOURCE, algorithms: ['RS256'] })).payload;
}

/** The official SDK's handler on Node's own server: a server with all its tools for each request, as its documentation shows. */
async function officialSdk({ keys, tools }: McpSetting, isAuthenticated: boolean): Promise<Started> {
  const verify = await joseVerifier(keys);
  const handler = createMcpHandler(({ authInfo }) => {
    const server = new McpServer({ name: 'bench', version: '1.0.0' });
    const user = typeof authInfo?.extra?.sub === 'string' ? authInfo.extra.sub : 'nobody';
    for (let i = 0; i < tools; i++)
      server.registerTool(toolName(i), { inputSchema: Order }, ({ order }) => ({
        content: [{ type: 'text', text: textFor(order, user) }],
      }));
    return server;
  });
  const answer = toNodeHandler(handler);
  const verifier = {
    async verifyAccessToken(token: string) {
      const { sub, client_id, scope, exp } = await verify(token);
      return {
        token,
        clientId: String(client_id),
        scopes: String(scope).split(' '),
        extra: { sub },
        ...(exp !== undefined && { expiresAt: exp }),
      };
    },
  };
  const server = createServer((request, response) => {
    void (async () => {
      if (isAuthenticated) {
        const auth = await verifyBearerToken(request.headers.authorization, { verifier, requiredScopes: [SCOPE] });
        Object.assign(request, { auth });
      }
      await answer(request as never, response);
    })();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      await handler.close();
    },
  };
}

interface WithUser {
  headers: { authorization?: string };
  user?: { name: string; scopes: string[] };
}

/** @rekog/mcp-nest, and the guard that its documentation leaves to the application. */
async function mcpNest({ keys, tools }: McpSetting, isAuthenticated: boolean): Promise<Started> {
  const verify = await joseVerifier(keys);
  @Injectable()
  class JoseGuard implements CanActivate {
    async canActivate(context: ExecutionContext) {
      const request = context.switchToHttp().getRequest<WithUser>();
      const { sub, scope } = await verify(request.headers.authorization?.slice('Bearer '.length) ?? '');
      request.user = { name: String(sub), scopes: String(scope).split(' ') };
      return true;
    }
  }
  const transport = new StreamableHttpTransport();
  const strategy = new McpStrategy({ name: 'bench', version: '1.0.0', logging: false, transports: [transport] });
  @Controller('mcp')
  @UseGuards(...(isAuthenticated ? [JoseGuard] : []))
  class RouteController extends McpHttpControllerFor(transport) {}
  const User = createParamDecorator((_data: undefined, context: ExecutionContext) => {
    const request = context.switchToRpc().getContext<McpContext>().getRawRequest<WithUser>();
    return request?.user?.name ?? 'nobody';
  });
  const BenchTools = toolClass(tools, {
    ofClass: [McpController()],
    ofTool: name => [
      NestTool({ name, description: name, parameters: Order }),
      ...(isAuthenticated ? [ToolScopes([SCOPE])] : []),
    ],
    ofInput: Payload(),
    ofUser: User(),
    input: undefined,
  });
  return startNest(
    {
      controllers: [RouteController, BenchTools],
      async prepare(app) {
        app.connectMicroservice({ strategy });
        await app.startAllMicroservices();
      },
    },
    'fastify',
  );
}

class OrderInput {
  @IsString() order!: string;
}

function ours({ keys, folder, tools }: McpSetting, isAudited: boolean): Promise<Started> {
  const BenchTools = toolClass(tools, {
    ofClass: [ToolController()],
    ofTool: name => [Tool({ name, description: name }), RequireScopes(SCOPE)],
    ofInput: ToolInput(),
    ofUser: Identity('actor.sub'),
    input: OrderInput,
  });
  return startNest(
    {
      imports: [
        EieModule.forRoot(trusting(keys, isAudited ? { directory: folder } : { log: new NoAuditLog() })),
        EieMcpModule.register({ path: 'mcp', name: 'bench', version: '1.0.0' }),
      ],
      providers: [BenchTools],
    },
    'fastify',
  );
}

export const SDK = 'official SDK, no identity';
export const SDK_TWIN = 'official SDK, no identity, once more';
export const SDK_JOSE = 'official SDK, its bearer authentication with jose';
export const MCP_NEST = 'mcp-nest, no identity';
export const MCP_NEST_JOSE = 'mcp-nest, jose guard';
export const OURS = 'nestjs-eie, audit log that keeps nothing';
export const OURS_DURABLE = 'nestjs-eie';

export const MCP_CONTENDERS: Readonly<Record<string, (setting: McpSetting) => Promise<Started>>> = {
  [SDK]: setting => officialSdk(setting, false),
  [SDK_TWIN]: setting => officialSdk(setting, false),
  [SDK_JOSE]: setting => officialSdk(setting, true),
  [MCP_NEST]: setting => mcpNest(setting, false),
  [MCP_NEST_JOSE]: setting => mcpNest(setting, true),
  [OURS]: setting => ours(setting, false),
  [OURS_DURABLE]: setting => ours(setting, true),
};
