import { type Server, type ServerContext } from '@modelcontextprotocol/server';

/** What a list can show. */
interface Listed {
  readonly kind: 'tool' | 'resource' | 'template' | 'prompt';
  readonly name: string;
}

interface List {
  readonly member: string;
  readonly kind: Listed['kind'];
}

export const LISTS = {
  'tools/list': { member: 'tools', kind: 'tool' },
  'resources/list': { member: 'resources', kind: 'resource' },
  'resources/templates/list': { member: 'resourceTemplates', kind: 'template' },
  'prompts/list': { member: 'prompts', kind: 'prompt' },
} as const satisfies Record<string, List>;

type Lists = Record<string, { readonly name: string }[]>;
type AnyHandler = (...args: unknown[]) => unknown;

/**
 * Filters the lists of others, mcp-nest and the application: each shows what this identity may use, in their order. What is hidden can
 * still be called: that returns the scope challenge, not "not found".
 */
export function listOnly<Entry extends Listed>(
  server: Server,
  entries: readonly Entry[],
  allowsEach: (entries: readonly Entry[], context: ServerContext) => Promise<readonly boolean[]>,
): void {
  const register = server.setRequestHandler.bind(server) as AnyHandler;
  const filtered = (method: string, handler: AnyHandler): AnyHandler => {
    const list = (LISTS as Record<string, List>)[method];
    if (!list) return handler;
    return async (...args) => {
      const context = args[1] as ServerContext;
      const listed = entries.filter(({ kind }) => kind === list.kind);
      const allowed = await allowsEach(listed, context);
      const hidden = new Set(listed.filter((_entry, i) => !allowed[i]).map(({ name }) => name));
      const result = (await handler(...args)) as Lists;
      return { ...result, [list.member]: result[list.member]!.filter(({ name }) => !hidden.has(name)) };
    };
  };
  server.setRequestHandler = ((method: string, ...rest: AnyHandler[]) =>
    register(method, ...rest.slice(0, -1), filtered(method, rest.at(-1)!))) as never;
}
