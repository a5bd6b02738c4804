import { skip, unmet } from '../outcome.mjs';
import { MCP } from '../references.mjs';
import { bearer } from '../subject.mjs';
import { MODERN, modern } from '../wire/messages.mjs';

const LISTS = {
  'tools/list': 'tools',
  'resources/list': 'resources',
  'resources/templates/list': 'resourceTemplates',
  'prompts/list': 'prompts',
};
const SECRET_NAMES = /passw|secret|token|credential|api_?key|authorization|cookie|e_?mail|phone|ssn|birth/i;

/** One list as a token shows it; `undefined` where the server has none. */
async function listed(subject, method, role) {
  if (!(await subject.eras()).includes(MODERN)) skip(`the server does not speak ${MODERN}`);
  const { response } = await subject.exchange(modern(method), bearer(await subject.tokens.of(role)));
  return response?.result;
}

const namesOf = (result, member) => (result[member] ?? []).map(({ name }) => name);

/** Those roles, of which there are tokens, whose lists could differ from that of the valid token. */
async function otherRoles({ tokens }) {
  const roles = [];
  for (const role of ['missingScope', 'secondUser']) if (await tokens.has(role)) roles.push(role);
  return roles.length
    ? roles
    : skip('the config has neither a token "missingScope" nor one "secondUser", whose lists could differ');
}

export const checks = [
  {
    id: 'server-auth-list-private',
    name: 'DifferingListsArePrivate',
    level: 'MUST',
    description: 'A list that differs between tokens says cacheScope "private": a public one is shared between users',
    specReferences: [MCP.caching],
    async run(subject) {
      const roles = await otherRoles(subject);
      const found = {};
      for (const [method, member] of Object.entries(LISTS)) {
        const lists = [];
        for (const role of ['valid', ...roles]) lists.push(await listed(subject, method, role));
        if (lists.includes(undefined)) continue;
        const differs = new Set(lists.map(list => JSON.stringify(list[member]))).size > 1;
        found[method] = { differs, cacheScope: lists[0].cacheScope };
        if (differs && lists.some(({ cacheScope }) => cacheScope !== 'private'))
          unmet(`${method} differs between tokens, and is not "private" for all`, { details: found });
      }
      if (!Object.keys(found).length) skip('the server has no lists');
      return found;
    },
  },
  {
    id: 'server-auth-list-stable',
    name: 'ListsDependOnTheTokenAlone',
    level: 'MUST',
    description: 'One token is shown the same tools on every connection, and in the same order, which is a SHOULD',
    specReferences: [MCP.listing],
    async run(subject) {
      const [one, other] = [await listed(subject, 'tools/list', 'valid'), await listed(subject, 'tools/list', 'valid')];
      if (!one || !other) skip('the server lists no tools');
      const [names, again] = [namesOf(one, 'tools'), namesOf(other, 'tools')];
      if (names.toSorted().join() !== again.toSorted().join())
        unmet('the tools are others on another connection', { details: { names, again } });
      if (names.join() !== again.join())
        unmet('the order of the tools is another one', { level: 'SHOULD', details: { names, again } });
      return { tools: names.length };
    },
  },
  {
    id: 'server-auth-no-secrets-in-mcp-headers',
    name: 'NoSecretsInMcpHeaders',
    level: 'SHOULD',
    description:
      'No tool has an argument with the name of a secret or of personal data that clients must copy to a header (x-mcp-header)',
    specReferences: [MCP.mcpHeader],
    async run(subject) {
      const { tools = skip('the server lists no tools') } = (await listed(subject, 'tools/list', 'valid')) ?? {};
      const marked = tools.flatMap(({ name, inputSchema }) =>
        Object.entries(inputSchema?.properties ?? {})
          .filter(
            ([argument, schema]) =>
              schema?.['x-mcp-header'] !== undefined && SECRET_NAMES.test(`${argument} ${schema['x-mcp-header']}`),
          )
          .map(([argument]) => `${name}.${argument}`),
      );
      if (marked.length) unmet(`these go into headers: ${marked.join(', ')}`);
    },
  },
];
