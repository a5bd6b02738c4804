import { type PromiseNumber } from './application.js';

/** A change to one file of the library, after the compiler. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A fault of the library that the applications must find: without it nobody knows whether they can. */
export interface Fault {
  readonly promise: PromiseNumber;
  readonly cause: string;
  /** The application that must find it. */
  readonly application: string;
  readonly edits: readonly Edit[];
}

const edit = (file: string, from: string, to: string): Edit => ({ file, from, to });
const configurationShown = edit(
  'configuration/eie-configuration.ts',
  'this.#options = options;',
  'this.#options = options; this.options = options;',
);
const identity = (change: string): Edit =>
  edit(
    'authorization/identity.decorator.ts',
    'const envelope = envelopeOf(context);',
    `const envelope = envelopeOf(context); ${change}`,
  );

/** The first of each promise is planted in the quick form too. */
export const FAULTS: readonly Fault[] = [
  {
    promise: 1,
    cause: 'the boundary is a guard',
    application: 'first-in-line',
    edits: [
      edit('edge/edge.ts', 'if (!adapter) return;', 'return;'),
      edit('edge/edge.ts', 'if (!server?.prependListener || ', 'if (true || '),
      edit(
        'edge/drop-credentials.ts',
        "import { requests } from './credential-slot.js';",
        "import { requests } from './credential-slot.js'; import { takeCredentials } from './take-credentials.js';",
      ),
      edit(
        'edge/drop-credentials.ts',
        'const kind = requests.of(request)?.kind;',
        'takeCredentials(request); const kind = requests.of(request)?.kind;',
      ),
    ],
  },
  {
    promise: 1,
    cause: 'the edge takes nothing off a request',
    application: 'request-scoped.ts',
    edits: [edit('edge/take-credentials.ts', 'if (taken.length) {', 'if (false) {')],
  },
  {
    promise: 1,
    cause: 'the edge is a middleware alone',
    application: 'prefilled-adapter',
    edits: [edit('edge/edge.ts', 'server.prependListener(event,', '((_event, _listener) => undefined)(event,')],
  },
  {
    promise: 1,
    cause: 'headers are taken by their name alone',
    application: 'behind-a-gateway',
    edits: [edit('edge/take-credentials.ts', 'tokens.some((token)=>value.includes(token))', 'false')],
  },
  {
    promise: 1,
    cause: 'the event of a function keeps its copy',
    application: 'lambda-express',
    edits: [edit('edge/event-copies.ts', 'if (!tokens.length) return;', 'return;')],
  },
  {
    promise: 1,
    cause: 'the guard lets in what the edge has left alone',
    application: 'mounted-application',
    edits: [edit('edge/drop-credentials.ts', "kind !== 'taken'", 'false')],
  },
  {
    promise: 1,
    cause: 'a guard of the application is lent tokens for this server',
    application: 'own-authentication',
    edits: [edit('edge/lend-credentials.ts', 'state.lines.some((value)=>isFor(value, audiences))', 'false')],
  },
  { promise: 1, cause: 'secrets are injectable', application: 'inquisitive-module', edits: [configurationShown] },
  {
    promise: 1,
    cause: 'an answer is not searched for what was sent',
    application: 'echoing-api',
    edits: [edit('delegation/call/response-guard.ts', 'if (!response.body) return response;', 'return response;')],
  },
  {
    promise: 2,
    cause: 'an identity is read from a header',
    application: 'claimed-identities',
    edits: [
      identity(
        "const named = context.getType() === 'http' && context.switchToHttp().getRequest().headers['x-user-id']; if (named && path) return named;",
      ),
    ],
  },
  {
    promise: 2,
    cause: 'an identity is read from the input of a tool',
    application: 'claimed-identities',
    edits: [
      identity(
        "const input = context.getType() === 'mcp' && context.getArgByIndex(1); if (input?.actor) return { ...envelope, actor: input.actor };",
      ),
    ],
  },
  {
    promise: 2,
    cause: 'a text is taken for a result of the protocol',
    application: 'own-body-parsers',
    edits: [
      edit(
        'mcp/protocol/mcp-result.ts',
        'output instanceof McpContent ||',
        'output instanceof McpContent || output?.resultType !== undefined ||',
      ),
    ],
  },
  {
    promise: 2,
    cause: 'a session belongs to whoever knows its id',
    application: 'sessions.ts',
    edits: [edit('mcp/runtime/sessions.ts', 'session?.principal !== principal', '!session')],
  },
  {
    promise: 2,
    cause: 'the two credentials of a call need not agree',
    application: 'receiver',
    edits: [
      edit('receiver/verify-delegated-call.ts', '!agree(token, envelope, policy.service, policy.presenters)', 'false'),
    ],
  },
  {
    promise: 3,
    cause: 'a policy is metadata on a function',
    application: 'wrapped-handlers',
    edits: [
      edit(
        'authorization/handler-metadata.ts',
        'lineage(type.prototype)',
        "(type.name === 'OverridingController' ? [type.prototype] : lineage(type.prototype))",
      ),
    ],
  },
  {
    promise: 3,
    cause: 'an unknown function is taken for the first of its class',
    application: 'versions.ts',
    edits: [
      edit(
        'authorization/handler-registry.ts',
        "throw new EieError('handler_unregistered');",
        'return [...entries.values()][0];',
      ),
    ],
  },
  {
    promise: 3,
    cause: 'only HTTP handlers are looked at, of messages',
    application: 'message-handlers',
    edits: [
      edit(
        'boot/message-handlers.check.ts',
        'return types.flatMap((type)=>this.#problems(type, claimed));',
        'return [];',
      ),
    ],
  },
  {
    promise: 3,
    cause: 'only HTTP handlers are looked at, of resolvers',
    application: 'graphql.ts',
    edits: [edit('boot/other-handlers.check.ts', '].flatMap((type)=>this.#problems(type));', '].flatMap(()=>[]);')],
  },
  {
    promise: 3,
    cause: 'a guard is believed to run wherever it is named',
    application: 'unmanaged-method',
    edits: [edit('authorization/handler-registry.ts', 'unguarded(entry) {', 'unguarded(entry) { return false;')],
  },
  {
    promise: 3,
    cause: 'routes are compared without a method',
    application: 'post-beside-public',
    edits: [
      edit(
        'authorization/handler-registry.ts',
        'one.path === route.path && one.method === route.method',
        'one.path === route.path',
      ),
    ],
  },
  {
    promise: 4,
    cause: 'a handler may call what it has not declared',
    application: 'configured-late',
    edits: [
      edit(
        'delegation/call/grant.ts',
        'const delegable = delegableScopes(envelope, name);',
        'const delegable = delegableScopes(envelope, name) ?? envelope.authorization.scopes;',
      ),
    ],
  },
  {
    promise: 4,
    cause: 'an API gets what its target allows, and not what the user has',
    application: 'delegation-modes',
    edits: [
      edit(
        'delegation/call/grant.ts',
        'const scopes = targetScopes(delegable, target);',
        'const scopes = target.scopes;',
      ),
    ],
  },
  {
    promise: 4,
    cause: 'paths are made by concatenation',
    application: 'tenants',
    edits: [edit('delegation/targets/target-url.ts', 'holdsClimbing(path)', 'false')],
  },
  { promise: 4, cause: 'secrets are injectable', application: 'inquisitive-module', edits: [configurationShown] },
  {
    promise: 4,
    cause: 'rights onward are one flat list',
    application: 'onward',
    edits: [edit('txn/open.ts', 'sealedScopes(envelope, service).filter((scope)=>granted.includes(scope))', 'granted')],
  },
  {
    promise: 5,
    cause: 'recording depends on the place of an interceptor',
    application: 'caching-interceptor',
    edits: [edit('execution/run-first.ts', 'moveToFront(config.getGlobalInterceptors(), interceptor);', '')],
  },
  {
    promise: 5,
    cause: 'a guard of the application runs first',
    application: 'first-in-line',
    edits: [edit('execution/run-first.ts', 'moveToFront(config.getGlobalGuards(), guard);', '')],
  },
  {
    promise: 5,
    cause: 'the guard leaves the intent to others',
    application: 'throttler',
    edits: [edit('execution/eie.guard.ts', 'await this.log.begin(record);', '')],
  },
  {
    promise: 5,
    cause: 'a record that cannot be written is forgotten',
    application: 'uploads',
    edits: [edit('audit/audit-recorder.ts', "throw new EieError('audit_unavailable');", '')],
  },
  {
    promise: 5,
    cause: 'a refusal is not an act',
    application: 'terminus',
    edits: [edit('authorization/authorizer.ts', 'await this.audit.record({', 'await Promise.resolve({')],
  },
  {
    promise: 5,
    cause: 'bounds are shared by all principals',
    application: 'bound-tokens',
    edits: [
      edit(
        'ports/shares.ts',
        'allowed = this.limits[depth](allowed - ((level?.used ?? 0) - used));',
        'allowed = Math.max(used + 1, allowed);',
      ),
    ],
  },
];
