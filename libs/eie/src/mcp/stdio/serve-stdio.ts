import { type INestApplicationContext } from '@nestjs/common';
import { type Transport } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { EieConfigurationError } from 'execution-identity';
import { McpStdio } from './mcp.stdio.js';

/**
 * Serves the MCP client that started this process, over stdin and stdout, in the identity of the option `stdio`. When the client closes
 * the connection, the application is closed. A refusal is the error of a tool, because there is no HTTP for a challenge.
 *
 * It does NOT verify anything: everybody who can start the process has its identity. It does NOT listen for HTTP. It does NOT keep other
 * code from writing to stdout, which would break the protocol: give Nest a logger that writes to stderr alone, as `docs/tools.md` has it.
 *
 * @param app an application, or an application context: it needs no HTTP adapter
 * @param transport instead of stdin and stdout
 * @throws EieConfigurationError unless exactly one `EieMcpModule.register()` of the application has `stdio`
 * @example await serveStdio(await NestFactory.createApplicationContext(AppModule, { logger: new StderrLogger() }));
 */
export async function serveStdio(
  app: INestApplicationContext,
  transport: Transport = new StdioServerTransport(),
): Promise<void> {
  await app.init();
  const [stdio, another] = served(app);
  if (!stdio || another)
    throw new EieConfigurationError(
      `serveStdio() needs one EieMcpModule.register() with "stdio", and there ${another ? 'are several' : 'is none'}.`,
    );
  stdio.serve(transport, () => void app.close());
}

function served(app: INestApplicationContext): McpStdio[] {
  try {
    return app.get(McpStdio, { strict: false, each: true }).filter(one => one.isConfigured);
  } catch {
    return [];
  }
}
