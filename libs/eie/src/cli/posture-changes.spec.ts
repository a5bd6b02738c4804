import {
  type PostureDocument,
  type PostureHandler,
  type PostureSensitivity,
} from '../boot/posture/posture-document.js';
import { deploymentChanges, postureChanges } from './posture-changes.js';

const sensitive = (changes: Partial<PostureSensitivity> = {}): PostureSensitivity => ({
  readOnly: false,
  destructive: false,
  idempotent: true,
  openWorld: false,
  ...changes,
});
const tool = (changes: Partial<PostureHandler> = {}): PostureHandler => ({
  kind: 'tool',
  name: 'refund',
  method: 'Tools.refund',
  routes: ['mcp'],
  policy: 'protected',
  reason: null,
  requirements: [{ kind: 'all_scopes', scopes: ['orders:read', 'orders:refund'] }],
  targets: [{ name: 'orders_api', mode: 'on_behalf_of' }],
  sensitivity: sensitive(),
  dataSubjects: [],
  input: { schemaSha256: 'a', closed: true },
  ...changes,
});
const health = (changes: Partial<PostureHandler> = {}): PostureHandler =>
  tool({ kind: 'http', name: 'App.health', method: 'App.health', routes: ['GET /health'], input: null, ...changes });
const posture = (changes: object = {}): PostureDocument =>
  ({
    schema: 'urn:nestjs-eie:posture:1',
    issuers: [{ issuer: 'https://as.test', tenants: ['acme'], dpop: 'required', maxLifetime: 300 }],
    handlers: [tool()],
    routes: [],
    authorization: { unregisteredAgents: 'refuse' },
    targets: [{ name: 'orders_api', mode: 'on_behalf_of', scopes: ['orders:read'], onward: {} }],
    dangers: [],
    unproven: [],
    policyEngine: true,
    audit: { anchored: true },
    parsers: [{ parser: 'json', limit: 102_400 }],
    limits: { tokenMemory: { lifetime: 60 } },
    deployment: { versions: { node: '20' }, signing: 'keys', signingKeys: [] },
    ...changes,
  }) as unknown as PostureDocument;

const of = (before: object, after: object): string[] =>
  postureChanges(posture(before), posture(after)).map(({ direction, text }) => `${direction} ${text}`);
const requires = (...requirements: object[]) => ({ handlers: [tool({ requirements: requirements as never })] });

describe('the difference of two postures', () => {
  it('names a target by its name, though it has an issuer as well', () => {
    const target = { name: 'orders_api', issuer: 'https://as.test', timeout: 10, onward: {} };
    expect(of({ targets: [target] }, { targets: [{ ...target, timeout: 20 }] })).toEqual([
      'wider target orders_api: timeout: 10 → 20',
    ]);
  });

  it('is nothing for the same posture, whatever it runs on', () => {
    const elsewhere = posture({ deployment: { versions: { node: '24' }, signing: 'keys', signingKeys: [] } });
    expect(postureChanges(posture(), elsewhere)).toEqual([]);
    expect(deploymentChanges(posture(), elsewhere).map(({ text }) => text)).toEqual([
      'deployment: versions: node: 20 → 24',
    ]);
  });

  it('is nothing where members are in another order, as in the file that --write makes', () => {
    const facts = [{ path: 'userId', reason: 'Support reads it.', freeForm: false, kind: 'approval' }];
    const sorted = facts.map(one => Object.fromEntries(Object.entries(one).sort()));
    const [one, same] = [facts, sorted].map(list => tool({ requirements: list, dataSubjects: list } as never));
    expect(of({ handlers: [one] }, { handlers: [same] })).toEqual([]);
  });

  it.each<[what: string, before: object, after: object, line: string]>([
    [
      'a scope less',
      {},
      requires({ kind: 'all_scopes', scopes: ['orders:read'] }),
      'wider tool refund: no longer requires scope orders:refund',
    ],
    [
      'an approval less',
      requires({ kind: 'approval', reason: 'Money moves.', show: ['amount'], by: 'another' }),
      requires(),
      'wider tool refund: no longer requires an approval {"by":"another","reason":"Money moves.","show":["amount"]}',
    ],
    [
      'an approval that a target gets',
      { targets: [{ name: 'orders_api', singleUse: true, carriesApproval: false }] },
      { targets: [{ name: 'orders_api', singleUse: true, carriesApproval: true }] },
      'wider target orders_api: carriesApproval: false → true',
    ],
    [
      'a field more that is data about somebody',
      {},
      { handlers: [tool({ dataSubjects: [{ path: 'userId', reason: 'Support reads it.', freeForm: false }] })] },
      'wider tool refund: takes userId as data about somebody now (Support reads it.)',
    ],
    [
      'a limit of an agent less',
      { issuers: [{ issuer: 'https://as.test', agents: { bot: { id: 'bot', scopes: ['a'] } } }] },
      { issuers: [{ issuer: 'https://as.test', agents: { bot: { id: 'bot', scopes: null } } }] },
      'wider issuer https://as.test: agents: bot: scopes: ["a"] → null',
    ],
    [
      'a limit of a tenant less',
      { issuers: [{ issuer: 'https://as.test', tenants: { acme: { agents: ['bot'] } } }] },
      { issuers: [{ issuer: 'https://as.test', tenants: { acme: { agents: null } } }] },
      'wider issuer https://as.test: tenants: acme: agents: ["bot"] → null',
    ],
    [
      'a role more that is enough',
      requires({ kind: 'any_role', roles: ['a'] }),
      requires({ kind: 'any_role', roles: ['a', 'b'] }),
      'wider tool refund: role b is enough now',
    ],
    [
      'a requirement of a kind that is not known here',
      requires({ kind: 'login', acr: 'high' }),
      requires({ kind: 'authenticated' }),
      'wider tool refund: no longer requires login {"acr":"high"}',
    ],
    [
      'a handler that is public now',
      { handlers: [health({ requirements: [] })] },
      { handlers: [health({ policy: 'public', reason: 'Everybody may ask.', requirements: [] })] },
      'wider handler GET /health: is public now (public (reason: Everybody may ask.)), and was protected',
    ],
    ['a new tool', { handlers: [] }, {}, 'wider tool refund is new: requires scope orders:read and orders:refund'],
    [
      'a target more',
      {},
      {
        handlers: [
          tool({
            targets: [
              { name: 'billing_api', mode: 'service_identity' },
              { name: 'orders_api', mode: 'on_behalf_of' },
            ],
          }),
        ],
      },
      'wider tool refund: may call billing_api now, as service_identity',
    ],
    [
      'an input that is open now',
      {},
      { handlers: [tool({ input: { schemaSha256: 'b', closed: false } })] },
      'wider tool refund: its input is no longer closed',
    ],
    [
      'agents that nobody has registered',
      {},
      { authorization: { unregisteredAgents: 'allow' } },
      'wider authorization: unregisteredAgents: refuse → allow',
    ],
    [
      'agents with a ceiling',
      {},
      { authorization: { unregisteredAgents: { scopes: ['a'] } } },
      'wider authorization: unregisteredAgents: refuse → {"scopes":["a"]}',
    ],
    [
      'a tenant more',
      {},
      { issuers: [{ issuer: 'https://as.test', tenants: ['acme', 'globex'], dpop: 'required', maxLifetime: 300 }] },
      'wider issuer https://as.test: tenants: globex is new',
    ],
    [
      'tokens that live longer',
      {},
      { issuers: [{ issuer: 'https://as.test', tenants: ['acme'], dpop: 'required', maxLifetime: 900 }] },
      'wider issuer https://as.test: maxLifetime: 300 → 900',
    ],
    [
      'tokens without a key',
      {},
      { issuers: [{ issuer: 'https://as.test', tenants: ['acme'], dpop: 'accepted', maxLifetime: 300 }] },
      'wider issuer https://as.test: dpop: required → accepted',
    ],
    [
      'a safeguard that is off',
      {},
      { dangers: [{ option: 'ports.dangerouslyAllowHttp', value: [] }] },
      'wider switched off: ports.dangerouslyAllowHttp is new',
    ],
    [
      'a route of nobody',
      {},
      { routes: [{ method: 'GET', path: '/docs', access: 'public', reason: 'Everybody reads it.' }] },
      'wider route: GET /docs is new (Everybody reads it.)',
    ],
    [
      'a mode that hides this server',
      {},
      { targets: [{ name: 'orders_api', mode: 'restricted_user', scopes: ['orders:read'], onward: {} }] },
      'wider target orders_api: mode: on_behalf_of → restricted_user',
    ],
    [
      'a tool that reads no longer alone',
      { handlers: [tool({ sensitivity: sensitive({ readOnly: true }) })] },
      {},
      'wider tool refund: no longer declares to be read-only',
    ],
    [
      'a tool that becomes destructive',
      {},
      { handlers: [tool({ sensitivity: sensitive({ destructive: true }) })] },
      'wider tool refund: is destructive now, by what it declares',
    ],
    [
      'a tool that may not be called twice for nothing',
      {},
      { handlers: [tool({ sensitivity: sensitive({ idempotent: false }) })] },
      'wider tool refund: no longer declares to be idempotent',
    ],
    [
      'a tool that reaches the web',
      {},
      { handlers: [tool({ sensitivity: sensitive({ openWorld: true }) })] },
      'wider tool refund: reaches an open world now, by what it declares',
    ],
    [
      'a parser that takes more',
      {},
      { parsers: [{ parser: 'json', limit: 5_242_880 }] },
      'wider body parser json: limit: 102400 → 5242880',
    ],
    [
      'a parser without a limit that can be read',
      {},
      { parsers: [{ parser: 'json', limit: null }] },
      'wider body parser json: limit: 102400 → null',
    ],
    [
      'one more parser',
      {},
      {
        parsers: [
          { parser: 'json', limit: 102_400 },
          { parser: 'raw', limit: 10 },
        ],
      },
      'wider body parser: raw is new',
    ],
    ['no policy engine', {}, { policyEngine: false }, 'wider policyEngine: true → false'],
    ['a log that is not anchored', {}, { audit: { anchored: false } }, 'wider audit log: anchored: true → false'],
    [
      'a revocation that is seen later',
      {},
      { limits: { tokenMemory: { lifetime: 600 } } },
      'wider limits: tokenMemory: lifetime: 60 → 600',
    ],
  ])('says of %s that it is wider, and the other way round that it is narrower', (_what, before, after, line) => {
    expect(of(before, after)).toContain(line);
    const back = of(after, before);
    expect(back.filter(one => one.startsWith('wider'))).toEqual([]);
    expect(back.filter(one => one.startsWith('narrower')).length).toBeGreaterThan(0);
  });

  it.each<[what: string, after: object, line: string]>([
    [
      'another input that is closed too',
      { handlers: [tool({ input: { schemaSha256: 'b', closed: true } })] },
      'other tool refund: takes another input',
    ],
    ['another log', { audit: { anchored: true, log: 'Own' } }, 'wider audit log: log: nothing → Own'],
  ])('tells of %s', (_what, after, line) => {
    expect(of({}, after)).toEqual([line]);
  });
});
