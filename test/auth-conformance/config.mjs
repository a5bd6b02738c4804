import { signerOf } from './tokens/jws.mjs';
import { CONFIGURED_ROLES, ROLES, Tokens } from './tokens/tokens.mjs';
import { ERAS } from './wire/messages.mjs';

const CALL = ['name', 'arguments'];
const MEMBERS = {
  config: ['resource', 'protocolVersions', 'tokens', 'canary', 'tools'],
  tokens: ['static', 'publicKey', 'sign'],
  'tokens.static': ROLES,
  'tokens.sign': ['key', 'header', 'claims', 'lifetime', ...CONFIGURED_ROLES],
  canary: ['port', 'answer'],
  tools: ['open', 'scoped', 'whoami', 'downstream', 'rounds', 'handle', 'task'],
  'tools.open': CALL,
  'tools.scoped': [...CALL, 'scopes'],
  'tools.whoami': CALL,
  'tools.downstream': CALL,
  'tools.rounds': [...CALL, 'capabilities', 'answers', 'others'],
  'tools.handle': ['create', 'handleAt', 'use'],
  'tools.handle.create': CALL,
  'tools.handle.use': CALL,
  'tools.task': CALL,
};
const NEEDED = {
  'tokens.sign': ['key', 'claims'],
  'tools.scoped': ['name', 'scopes'],
  'tools.handle': ['create', 'handleAt', 'use'],
};

/** A wrong config, with every problem found in it. */
export class ConfigError extends Error {
  constructor(problems) {
    super(`The config is wrong:\n${problems.map(problem => `  ${problem}`).join('\n')}`);
  }
}

/** What is wrong with a config. */
export const configProblems = raw => [...problemsOf('config', raw), ...versionProblems(raw), ...keyProblems(raw)];

/** @param url of the MCP endpoint @param raw the config, as its file says it */
export async function readConfig(url, raw) {
  const problems = configProblems(raw);
  if (problems.length) throw new ConfigError(problems);
  const { resource = url, protocolVersions, tokens = {}, canary = {}, tools = {} } = raw;
  return {
    url,
    resource,
    protocolVersions,
    canary,
    tools,
    tokens: new Tokens({
      given: tokens.static,
      publicKey: tokens.publicKey,
      sign: await signOf(tokens.sign),
      resource,
    }),
  };
}

async function signOf(sign) {
  if (!sign) return undefined;
  const { key, header, claims, lifetime = 300, ...roles } = sign;
  // Whoever starts the server in the same process may give what signs in the place of the key.
  return { signer: typeof key.sign === 'function' ? key : await signerOf(key, header), claims, lifetime, roles };
}

function problemsOf(name, value) {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${name} must be an object`];
  const known = MEMBERS[name];
  const isTool = known.includes('name');
  const needed = NEEDED[name] ?? (isTool ? ['name'] : []);
  return [
    ...Object.keys(value)
      .filter(member => !known.includes(member))
      .map(member => `${name} has no member "${member}"; it has ${known.join(', ')}`),
    ...needed.filter(member => value[member] === undefined).map(member => `${name} needs "${member}"`),
    ...known.flatMap(member => {
      const inner = name === 'config' ? member : `${name}.${member}`;
      return MEMBERS[inner] ? problemsOf(inner, value[member]) : [];
    }),
  ];
}

function keyProblems({ tokens } = {}) {
  const key = tokens?.sign?.key;
  const isUsable =
    key === undefined || typeof key.sign === 'function' || (key.alg !== undefined && key.d !== undefined);
  return isUsable ? [] : ['tokens.sign.key must be a private JWK with "alg"'];
}

function versionProblems({ protocolVersions } = {}) {
  const isWrong =
    protocolVersions !== undefined &&
    !(Array.isArray(protocolVersions) && protocolVersions.length && protocolVersions.every(one => ERAS.includes(one)));
  return isWrong ? [`protocolVersions must be a list of ${ERAS.join(', ')}`] : [];
}
