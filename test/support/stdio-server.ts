import 'reflect-metadata';
import { ConsoleLogger, type LogLevel, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EieModule, Identity, RequireScopes } from 'nestjs-eie';
import { EieMcpModule, serveStdio, Tool, ToolController } from 'nestjs-eie/mcp';

const { AUDIT_DIRECTORY = '', USER = '' } = process.env;
const issuer = 'https://login.shop.test';

@ToolController()
class Tools {
  @Tool({ name: 'whoami' })
  @RequireScopes('orders:read')
  whoami(@Identity('actor.sub') user: string, @Identity('authorization.confidence') confidence: string) {
    return { user, confidence };
  }

  @Tool({ name: 'write' })
  @RequireScopes('orders:write')
  write() {
    return 'written';
  }
}

@Module({
  imports: [
    EieModule.forRoot({
      resource: 'https://mcp.shop.test/mcp',
      issuers: [
        {
          issuer,
          jwksUri: `${issuer}/jwks`,
          algorithms: ['ES256'],
          actorType: { user: { claim: 'sub_profile', values: ['user'] } },
        },
      ],
      audit: { directory: AUDIT_DIRECTORY, instance: 'stdio' },
    }),
    EieMcpModule.register({
      path: 'mcp',
      name: 'shop',
      version: '1.0.0',
      stdio: {
        identity: { issuer, sub: USER, type: 'user', clientId: 'desk', agent: 'agent-desk', scopes: ['orders:read'] },
      },
    }),
  ],
  providers: [Tools],
})
class Application {}

/** An MCP server as a host starts it. Only what goes to stderr may be logged. */
/** As docs/tools.md has it. */
class StderrLogger extends ConsoleLogger {
  protected override printMessages(messages: unknown[], context?: string, level?: LogLevel) {
    super.printMessages(messages, context, level, 'stderr');
  }
}

await serveStdio(await NestFactory.create(Application, { logger: new StderrLogger({ colors: false }) }));
