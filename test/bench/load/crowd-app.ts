import { Controller, Get } from '@nestjs/common';
import { IsString } from 'class-validator';
import { EieModule, Identity, RequireScopes } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { toolClass } from '../mcp/tools.js';
import { type Crowd, trustingCrowd } from './crowd.js';
import { type NestContender } from './nest.js';

export interface CrowdAbout {
  readonly key: Crowd['key'];
  /** How many tokens it remembers. */
  readonly capacity: number;
  /** How many its MCP route has, with sessions. Default: there is no MCP route. */
  readonly tools?: number;
}

const SCOPE = 'orders:read';

@Controller('me')
class IdentityController {
  @Get()
  @RequireScopes(SCOPE)
  me(@Identity('actor.sub') user: string) {
    return { user };
  }
}

class OrderInput {
  @IsString() order!: string;
}

/** An application for a crowd of users: `GET /me` names the user, and so does each tool. */
export function crowdApp({ key, capacity, tools }: CrowdAbout): NestContender {
  const root = EieModule.forRoot(trustingCrowd(key, capacity));
  if (tools === undefined) return { imports: [root], controllers: [IdentityController] };
  const CrowdTools = toolClass(tools, {
    ofClass: [ToolController()],
    ofTool: name => [Tool({ name, description: name }), RequireScopes(SCOPE)],
    ofInput: ToolInput(),
    ofUser: Identity('actor.sub'),
    input: OrderInput,
  });
  const route = EieMcpModule.register({
    path: 'mcp',
    name: 'bench',
    version: '1.0.0',
    sessions: true,
    configure: ({ server }) => server.registerCapabilities({ resources: { subscribe: true } }),
  });
  return { imports: [root, route], controllers: [IdentityController], providers: [CrowdTools] };
}
