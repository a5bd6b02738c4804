import { type McpServer, type ServerContext } from '@modelcontextprotocol/server';
import { type AdmittedIdentity, EieConfigurationError, type EieError } from 'execution-identity';
import { type AuditDetail, type AuditRecorder } from 'execution-identity/internal';
import { type Authorizer } from '../../authorization/authorizer.js';
import { type Ending, reasonOf } from '../../execution/execution-log.js';
import { traceIdFrom } from '../../telemetry/trace.js';
import { type Configure } from '../mcp.options.js';
import { listOnly } from '../protocol/lists.js';
import { protocolFailure, sendable } from '../protocol/mcp-result.js';
import { CALLS, requestOf } from '../protocol/mcp-request.js';
import { type McpCatalog } from './mcp-catalog.js';

interface ConfiguredParts {
  readonly configure?: Configure;
  readonly audit: AuditRecorder;
  readonly authorizer: Authorizer;
  /** The `WWW-Authenticate` value of a refusal, where it has one. */
  readonly challengeOf: (refusal: EieError) => string | undefined;
}

type Handler = (...given: unknown[]) => unknown;
type Register = (method: string, ...rest: unknown[]) => void;

/**
 * Runs `configure` of the application. The message that it runs for is already on the audit log (`message-log.ts`). It may register no
 * tool, resource or prompt, because those would have no policy, and nothing that answers methods without naming them. Each handler that it
 * registers has its intent and its outcome on the audit log, and a list shows no more than the identity may use. Of what a handler of a request throws
 * the client is told what it would be told of a resource.
 */
export async function configured(
  server: McpServer,
  identity: AdmittedIdentity,
  { entries }: McpCatalog,
  { configure, audit, authorizer, challengeOf }: ConfiguredParts,
): Promise<void> {
  if (!configure) return;
  const refuse = (what: string, instead = 'use the decorators of nestjs-eie/mcp, where it has an identity policy') => {
    throw new EieConfigurationError(`configure() must not call ${what}: ${instead}.`);
  };
  for (const method of ['registerTool', 'registerResource', 'registerPrompt'] as const)
    server[method] = () => refuse(`${method}()`);
  const { server: protocol } = server;
  listOnly(protocol, entries, (listed, context) =>
    authorizer.allowsEach(requestOf(context.http?.authInfo).record.admitted, listed),
  );
  const [onRequest, onNotification] = [
    protocol.setRequestHandler.bind(protocol) as Register,
    protocol.setNotificationHandler.bind(protocol) as Register,
  ];
  protocol.setRequestHandler = (method: string, ...rest: unknown[]) => {
    if (CALLS.includes(method)) return refuse(`setRequestHandler('${method}')`);
    // The SDK registers its own when it has the server.
    if (method === 'server/discover') return onRequest(method, ...rest);
    const handler = rest.at(-1) as Handler;
    const run: Handler = (request, context) => {
      const { record, traceId } = requestOf((context as ServerContext).http?.authInfo);
      const about = { subject: record.admitted, traceId, handler: `mcp:${method}` };
      return recorded(about, audit, async () => sendable(await handler(request, context))).catch((error: unknown) => {
        throw protocolFailure(error, undefined, challengeOf);
      });
    };
    onRequest(method, ...rest.slice(0, -1), run);
  };
  protocol.setNotificationHandler = (method: string, ...rest: unknown[]) => {
    const handler = rest.at(-1) as Handler;
    // The SDK does not say which request has brought a notification.
    const run: Handler = (...given) =>
      recorded({ subject: identity, traceId: traceIdFrom({}), handler: `mcp:${method}` }, audit, () =>
        handler(...given),
      );
    onNotification(method, ...rest.slice(0, -1), run);
  };
  const named = 'register a handler for the method by its name';
  protocol.removeRequestHandler = method => refuse(`removeRequestHandler('${method}')`, 'leave it as it is');
  for (const fallback of ['fallbackRequestHandler', 'fallbackNotificationHandler'] as const)
    Object.defineProperty(protocol, fallback, { get: () => undefined, set: () => refuse(fallback, named) });
  await configure(server, identity);
}

async function recorded(
  about: Pick<AuditDetail, 'subject' | 'traceId' | 'handler'>,
  audit: AuditRecorder,
  run: () => unknown,
): Promise<unknown> {
  const { id: intentId } = await audit.record({ ...about, type: 'execution.intent', outcome: 'started' });
  const startedAt = performance.now();
  const end = (ending: Ending): Promise<unknown> =>
    audit.recordOutcome({
      ...about,
      ...ending,
      type: 'execution.outcome',
      intentId,
      durationMs: performance.now() - startedAt,
    });
  try {
    const result = await run();
    await end({ outcome: 'ok' });
    return result;
  } catch (error) {
    await end({ outcome: 'failed', reason: reasonOf(error) });
    throw error;
  }
}
