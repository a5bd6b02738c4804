import { type McpServer, type ServerContext } from '@modelcontextprotocol/server';
import { type AdmittedIdentity, EieConfigurationError } from 'execution-identity';
import { type AuditRecorder } from 'execution-identity/internal';
import { type Authorizer } from '../../authorization/authorizer.js';
import { reasonOf } from '../../execution/execution-log.js';
import { type Configure } from '../mcp.options.js';
import { listOnly } from '../protocol/lists.js';
import { requestOf } from '../protocol/mcp-request.js';
import { type McpCatalog } from './mcp-catalog.js';

/** Methods that run handlers. Only handlers of the decorators have a policy. */
const RUNS_HANDLERS = ['tools/call', 'resources/read', 'prompts/get'];

interface ConfiguredParts {
  readonly configure?: Configure;
  readonly audit: AuditRecorder;
  readonly authorizer: Authorizer;
}

type RequestHandler = (request: unknown, context: ServerContext) => unknown;

/**
 * Runs `configure` of the application. The message that it runs for is already on the audit log (`message-log.ts`). It may register no
 * tool, resource or prompt, because those would have no policy. Each other handler that it registers has its intent and its outcome on the
 * audit log, and a list shows no more than the identity may use.
 */
export async function configured(
  server: McpServer,
  identity: AdmittedIdentity,
  { entries }: McpCatalog,
  { configure, audit, authorizer }: ConfiguredParts,
): Promise<void> {
  if (!configure) return;
  const refuse = (what: string) => {
    throw new EieConfigurationError(
      `configure() must not call ${what}: use the decorators of nestjs-eie/mcp, where it has an identity policy.`,
    );
  };
  for (const method of ['registerTool', 'registerResource', 'registerPrompt'] as const)
    server[method] = () => refuse(`${method}()`);
  const { server: protocol } = server;
  listOnly(protocol, entries, (entry, context) =>
    authorizer.allows(requestOf(context.http?.authInfo).record.admitted, entry),
  );
  const setRequestHandler = protocol.setRequestHandler.bind(protocol) as (method: string, ...rest: unknown[]) => void;
  protocol.setRequestHandler = (method: string, ...rest: unknown[]) => {
    if (RUNS_HANDLERS.includes(method)) return refuse(`setRequestHandler('${method}')`);
    // The SDK registers its own when it has the server.
    if (method === 'server/discover') return setRequestHandler(method, ...rest);
    setRequestHandler(method, ...rest.slice(0, -1), recorded(method, rest.at(-1) as RequestHandler, audit));
  };
  await configure(server, identity);
}

function recorded(method: string, handler: RequestHandler, audit: AuditRecorder): RequestHandler {
  return async (request, context) => {
    const { record, traceId } = requestOf(context.http?.authInfo);
    const about = { subject: record.admitted, traceId, handler: `mcp:${method}` };
    await audit.record({ ...about, type: 'execution.intent', outcome: 'started' });
    const startedAt = performance.now();
    const end = (ending: Pick<Parameters<AuditRecorder['recordOutcome']>[0], 'outcome' | 'reason'>): Promise<void> =>
      audit.recordOutcome({
        ...about,
        ...ending,
        type: 'execution.outcome',
        durationMs: performance.now() - startedAt,
      });
    try {
      const result = await handler(request, context);
      await end({ outcome: 'ok' });
      return result;
    } catch (error) {
      await end({ outcome: 'failed', reason: reasonOf(error) });
      throw error;
    }
  };
}
