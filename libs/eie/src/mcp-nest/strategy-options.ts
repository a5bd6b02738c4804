import { type McpServerOptions, StreamableHttpTransport } from '@rekog/mcp-nest';
import { EieConfigurationError } from 'execution-identity';

/** What differs between identities, and so must not be cached for all of them. */
const PERSONAL = [
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'prompts/list',
] as const;

/** Of mcp-nest's private members, those that decide whether our route is the only way in. */
interface Internals {
  readonly statefulMode?: unknown;
  readonly mountOption?: unknown;
}

/**
 * The options of a strategy whose only way in is our route: one Streamable HTTP transport, without sessions, mounted by nobody
 * else.
 *
 * @throws EieConfigurationError naming every option that opens another way, with its fix
 */
export function safeOptions(options: McpServerOptions): McpServerOptions {
  const problems = problemsOf(options);
  if (problems.length)
    throw new EieConfigurationError(
      `new EieMcpStrategy({ name: "${options.name}" }):\n${problems.map(one => `  - ${one}`).join('\n')}`,
    );
  // Without the adapter a transport cannot mount a route of its own, past every guard.
  const { httpAdapter: _none, serverMutator, ...rest } = options;
  return { ...rest, ...(serverMutator && { serverMutator: server => serverMutator(withoutRegistration(server)) }) };
}

function problemsOf({ transports, allowUnauthenticatedAccess, cacheHints }: McpServerOptions): string[] {
  const problems: string[] = [];
  const [transport, ...others] = transports;
  if (!(transport instanceof StreamableHttpTransport) || others.length) {
    problems.push(
      'transports must be [new StreamableHttpTransport()]: over another transport nobody is authenticated.',
    );
  } else {
    const { statefulMode, mountOption } = transport as unknown as Internals;
    if (statefulMode !== false)
      problems.push(
        'the transport has statefulMode, whose sessions belong to whoever knows their id: remove it, or serve sessions with EieMcpModule of nestjs-eie/mcp.',
      );
    if (mountOption === true)
      problems.push('the transport has mount: true, which opens a route past every guard: remove it.');
  }
  if (allowUnauthenticatedAccess)
    problems.push('allowUnauthenticatedAccess must be left out: a tool always runs for somebody.');
  for (const method of PERSONAL) {
    if (cacheHints?.[method]?.cacheScope === 'public')
      problems.push(`cacheHints["${method}"] must be "private": what it answers differs between identities.`);
  }
  return problems;
}

type SdkServer = Parameters<NonNullable<McpServerOptions['serverMutator']>>[0];

/** What is registered on the SDK itself would have no policy and no record. */
function withoutRegistration(server: SdkServer): SdkServer {
  for (const method of ['registerTool', 'registerResource', 'registerPrompt'] as const) {
    server[method] = () => {
      throw new EieConfigurationError(
        `serverMutator must not call ${method}(): declare it on an @McpController(), where it has an identity policy.`,
      );
    };
  }
  return server;
}
