// The rooms of the packages, lowest first. A file imports from its own room and from those below it.
const core = '^libs/core/src/';
const eie = '^libs/eie/src/';
const cedar = '^libs/cedar/src/';
const bullmq = '^libs/bullmq/src/';
const stores = '^libs/(postgres|redis)/src/';
const library = '^libs/(core|eie|bullmq|cedar|postgres|redis)/src/';
const spec = '\\.spec\\.ts$';
const entryPoints = `${eie}(index|mcp/index|mcp-nest/index|presets/index|receiver/index|terminus/index)\\.ts$`;
const rooms = {
  core: [
    `${core}((errors|reasons|finding|refusal-line|printable|defined|digest|composite-key|key-pair|canonical-json|copies)\\.ts$|reasons/|remedies/|ports/)`,
    `${core}token/`,
    `${core}identity/`,
    `${core}(txn|policy|audit)/`,
    `${core}receiver/`,
    `${core}(cli|page)/`,
    `${core}(index\\.ts$|internal/)`,
  ],
  eie: [
    `${eie}(options/|configuration/|http/|record/|revocation/|telemetry/|vault/|presets/(?!index\\.ts$))`,
    `${eie}(edge|authorization|issuers)/`,
    `${eie}(boundary|delegation|approvals|jobs|signals)/`,
    `${eie}execution/`,
    `${eie}(boot|health)/`,
    `${eie}(workers/|(mcp|receiver|terminus)/(?!index\\.ts$))`,
    `${eie}mcp-nest/(?!index\\.ts$)`,
    `${eie}eie\\.module\\.ts$`,
    entryPoints,
    `${eie}(cli|testing)/`,
  ],
  bullmq: [bullmq],
  cedar: [cedar],
  stores: [stores],
};

const error = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const upward = (name, layers) =>
  layers
    .slice(0, -1)
    .map((layer, level) =>
      error(
        `${name}-${level}-upward`,
        'A room knows nothing of the rooms above it.',
        { path: layer, pathNot: spec },
        { path: layers.slice(level + 1) },
      ),
    );
/** A security rule: only these rooms may use that file. */
const only = (name, comment, rooms, file) =>
  error(name, comment, { path: library, pathNot: [...rooms, file, spec] }, { path: file });

export default {
  forbidden: [
    error('no-cycle', 'Imports run one way, those of types too.', {}, { circular: true }),
    error(
      'no-unresolved',
      'An import that leads nowhere would slip past the other rules.',
      {},
      { couldNotResolve: true },
    ),

    ...upward('core', rooms.core),
    ...upward('eie', rooms.eie),
    error(
      'file-of-no-room',
      'A new file or folder gets its place among the rooms of .dependency-cruiser.mjs first.',
      { path: library, pathNot: [...rooms.core, ...rooms.eie, ...rooms.bullmq, ...rooms.cedar, ...rooms.stores, spec] },
      {},
    ),
    error(
      'import-of-no-room',
      'A new file or folder gets its place among the rooms of .dependency-cruiser.mjs first.',
      {},
      { path: library, pathNot: [...rooms.core, ...rooms.eie, ...rooms.bullmq, ...rooms.cedar, ...rooms.stores, spec] },
    ),
    error(
      'siblings-apart',
      'Rooms of one layer never import each other: they meet in the layer above.',
      {
        path: `${library}(boundary|delegation|approvals|jobs|signals|txn|policy|audit|edge|authorization|issuers)/`,
        pathNot: spec,
      },
      {
        path: `${library}(boundary|delegation|approvals|jobs|signals|txn|policy|audit|edge|authorization|issuers)/`,
        pathNot: [
          `^libs/$1/src/$2/`,
          // From an upper layer to a lower one, as the rules above allow.
          `${eie}(edge|authorization|issuers)/`,
        ],
      },
    ),

    error(
      'http-knows-no-execution',
      'How this server answers over HTTP does not depend on what runs: guard and interceptor note a failure on the record.',
      { path: `${eie}http/`, pathNot: spec },
      { path: `${eie}record/` },
    ),

    // Security rules.
    only(
      'who-issues',
      'Only the guard of an execution, and a worker that has opened a job, issue envelopes.',
      [`${eie}execution/`, `${eie}workers/job-identities\\.ts$`, `${core}`],
      `${core}internal/issue\\.ts$`,
    ),
    only(
      'who-admits',
      'Only the boundary, and stdio by its configuration, admit an identity.',
      [`${eie}boundary/`, `${eie}mcp/stdio/`, `${core}`],
      `${core}internal/admit\\.ts$`,
    ),
    only(
      'who-supposes',
      'Only a dry run admits claims that nobody has signed.',
      [`${eie}boot/dry-run/dry-run\\.ts$`],
      `${eie}boundary/supposed-identities\\.ts$`,
    ),
    only(
      'who-seals',
      'Only delegation signs envelopes, and those that jobs are sealed with; modules construct what signs them.',
      [`${eie}(delegation|jobs|configuration|receiver)/`, `${eie}eie\\.module`, `${eie}http/well-known`, `${core}`],
      `${core}internal/seal\\.ts$`,
    ),
    only(
      'who-reads-the-configuration',
      'The options hold keys and client secrets: only a class that keeps them in private fields reads them.',
      [
        `${eie}configuration/`,
        `${eie}(approvals/approvals|approvals/approval\\.service|execution/eie\\.guard|delegation/delegation\\.service|delegation/targets/(target-registry|feature\\.module)|health/server-health)\\.ts$`,
        `${eie}(issuers/issuer-examination|boot/dry-run/dry-run|signals/(signals|signal\\.routes)|jobs/job-sealer|workers/job-identities)\\.ts$`,
        `${eie}(eie\\.module|receiver/eie-receiver\\.module|receiver/receiver\\.guard)\\.ts$`,
        `${eie}mcp/(eie-mcp\\.module|runtime/mcp\\.(route|servers)|stdio/mcp\\.stdio)\\.ts$`,
      ],
      `${eie}configuration/eie-configuration\\.ts$`,
    ),
    only(
      'who-replaces-options',
      'Only the test kit replaces options of an application, and only the modules ask for what replaces them.',
      [`${eie}testing/`, `${eie}(configuration/read-server-options|delegation/targets/feature\\.module)\\.ts$`],
      `${eie}configuration/replaced-options\\.ts$`,
    ),
    only(
      'who-reads-the-secret-of-a-target',
      'Only the token endpoint is shown the client that a target is called with.',
      [
        `${eie}delegation/exchange/token-client\\.ts$`,
        `${eie}delegation/targets/(configured-target|target-issuers)\\.ts$`,
      ],
      `${eie}delegation/targets/(target-client|open-target)\\.ts$`,
    ),
    only(
      'who-asks-for-issuers-and-clients',
      'What the sources of issuers and of clients answer holds secrets: only who verifies tokens and who completes a target asks.',
      [
        `${eie}issuers/`,
        `${eie}boundary/trusted-issuers\\.ts$`,
        `${eie}delegation/targets/target-(registry|issuers)\\.ts$`,
      ],
      `${eie}issuers/(sourced-issuers|client-directory)\\.ts$`,
    ),
    only(
      'who-reads-the-credential-of-a-target',
      'Only the request to a target is shown the credential of its own.',
      [`${eie}delegation/call/own-authorization\\.ts$`, `${eie}delegation/targets/configured-target\\.ts$`],
      `${eie}delegation/targets/target-credential\\.ts$`,
    ),
    only(
      'who-reads-a-fixed-secret',
      'Only the request to a target reads the secret of apiKey() and basic().',
      [
        `${eie}options/target-credential\\.ts$`,
        `${eie}delegation/targets/own-credential\\.ts$`,
        `${eie}delegation/call/own-authorization\\.ts$`,
      ],
      `${eie}options/fixed-credential\\.ts$`,
    ),
    only(
      'who-shares-tokens',
      'Only the cache of delegated tokens takes one out of the store that instances share: it checks each as if it came from the authorization server.',
      [`${eie}delegation/exchange/(shared/|token-cache\\.ts$)`, `${eie}delegation/delegation\\.service\\.ts$`],
      `${eie}delegation/exchange/shared/`,
    ),
    only(
      'who-signs',
      'Only a client of an issuer signs assertions.',
      [`${eie}issuers/`, `${core}`],
      `${core}internal/sign\\.ts$`,
    ),
    only(
      'who-keeps-a-token',
      'Only the boundary puts a token into the vault.',
      [`${eie}boundary/`],
      `${eie}vault/keep-token\\.ts$`,
    ),
    only(
      'who-opens-the-vault',
      'Only a delegation mode takes a token out of the vault.',
      [`${eie}delegation/modes/`],
      `${eie}vault/open-token\\.ts$`,
    ),
    only(
      'who-drops-a-token',
      'Only an execution that has ended drops its token, or shares it at its start.',
      [`${eie}execution/`],
      `${eie}vault/(drop|share)-token\\.ts$`,
    ),
    only(
      'who-notes-a-credential',
      'Only those who admit, obtain, seal or receive a credential note it: a flood of others would make the process forget real ones.',
      [
        `${eie}boundary/`,
        `${eie}delegation/(delegation\\.service|exchange/token-client)\\.ts$`,
        `${eie}receiver/receiver\\.guard\\.ts$`,
      ],
      `${eie}vault/note-credential\\.ts$`,
    ),
    only(
      'who-knows-a-credential',
      'Only the search of responses asks whether this process knows a credential.',
      [`${eie}delegation/call/(echo-search|signature-search)\\.ts$`],
      `${eie}vault/known-signature\\.ts$`,
    ),
    only(
      'the-vault-is-closed',
      'The map of sealed tokens and the hashes of credentials stay in their room.',
      [`${eie}vault/`],
      `${eie}vault/(token-vault|credential-memory)\\.ts$`,
    ),
    only(
      'who-sees-a-credential',
      'Only the edge, the boundary and the guard of a receiver see a raw credential.',
      [`${eie}(edge|boundary)/`, `${eie}receiver/receiver\\.guard\\.ts$`],
      `${eie}edge/(credential|taken-credentials|credential-slot)\\.ts$`,
    ),

    error(
      'core-knows-no-framework',
      'execution-identity needs jose and node alone.',
      { path: core, pathNot: spec },
      { pathNot: [core, '(^|/)node_modules/jose/'], dependencyTypesNot: ['core'] },
    ),
    error(
      'cedar-knows-no-framework',
      'nestjs-eie-cedar needs Cedar, execution-identity and node alone: any server can use it.',
      { path: cedar, pathNot: spec },
      {
        pathNot: [cedar, `${core}index\\.ts$`, '(^|/)node_modules/@cedar-policy/'],
        dependencyTypesNot: ['core'],
      },
    ),
    error(
      'bullmq-knows-published-names',
      'nestjs-eie-bullmq needs BullMQ, nestjs-eie, execution-identity and node alone, by their entry points.',
      { path: bullmq, pathNot: spec },
      {
        pathNot: [bullmq, `${core}index\\.ts$`, `${eie}index\\.ts$`, '(^|/)node_modules/bullmq/'],
        dependencyTypesNot: ['core'],
      },
    ),
    error(
      'stores-know-no-framework',
      'A store needs the client of its database, execution-identity and node alone: any server can use it.',
      { path: stores, pathNot: spec },
      {
        pathNot: [
          '^libs/$1/src/',
          `${core}(index|internal/index)\\.ts$`,
          '(^|/)node_modules/(@types/)?(pg|redis|@redis)/',
        ],
        dependencyTypesNot: ['core'],
      },
    ),
    error(
      'mcp-is-optional',
      'The MCP SDK is an optional peer: only the entry points ./mcp and ./mcp-nest may lead to it.',
      { path: entryPoints, pathNot: `${eie}mcp(-nest)?/` },
      { path: 'node_modules/@modelcontextprotocol/', reachable: true },
    ),
    error(
      'mcp-nest-is-optional',
      'mcp-nest and the microservices of Nest are optional peers: only the entry point ./mcp-nest may lead to them.',
      { path: entryPoints, pathNot: `${eie}mcp-nest/` },
      { path: 'node_modules/(@rekog|@nestjs/microservices)/', reachable: true },
    ),

    error(
      'terminus-is-optional',
      'Terminus is an optional peer: only the entry point ./terminus may lead to it.',
      { path: entryPoints, pathNot: `${eie}terminus/` },
      { path: 'node_modules/@nestjs/terminus/', reachable: true },
    ),
    error(
      'nest-testing-is-optional',
      'The testing package of Nest is an optional peer: only the entry point ./testing may lead to it.',
      { path: library, pathNot: [spec, `${eie}testing/`] },
      { path: 'node_modules/@nestjs/testing/' },
    ),
    error(
      'who-knows-the-test-kit',
      'The test kit mints tokens for anybody: no other part of the library leads to it but the command dev, which is for development alone.',
      { path: library, pathNot: [spec, `${eie}testing/`, `${eie}cli/dev/`] },
      { path: `${eie}testing/` },
    ),
    error(
      'opentelemetry-is-optional',
      'OpenTelemetry is an optional peer: the telemetry room loads it where it is installed, and imports its types alone.',
      { path: library, pathNot: spec },
      { path: 'node_modules/@opentelemetry/', dependencyTypesNot: ['type-only'] },
    ),
    error(
      'who-knows-opentelemetry',
      'Only the telemetry room knows OpenTelemetry, and only its types: a user without it compiles and runs.',
      { path: library, pathNot: [spec, `${eie}telemetry/`] },
      { path: 'node_modules/@opentelemetry/' },
    ),

    error(
      'library-stands-alone',
      'The library knows neither the reference application nor its tests.',
      { path: library },
      { path: '^(src|test)/' },
    ),
    error(
      'library-declares-its-packages',
      'What the library imports stands in the dependencies or peerDependencies of its package.json.',
      { path: library, pathNot: spec },
      { path: '(^|/)node_modules/(?!typescript/)', dependencyTypesNot: ['npm', 'npm-peer'] },
    ),
    error(
      'typescript-is-of-the-project',
      'The command init loads the compiler of the project that it changes, and imports its types alone.',
      { path: library, pathNot: spec },
      { path: '(^|/)node_modules/typescript/', dependencyTypesNot: ['type-only'] },
    ),
    only(
      'who-knows-typescript',
      'Only the command init knows the compiler, and only its types: a user who has none runs everything else.',
      [`${eie}cli/init/`],
      '(^|/)node_modules/typescript/',
    ),
    error(
      'entry-points-only',
      'One package, the application and the tests use published names, never a path into the library. A page is built into one file, of parts that pages share.',
      { path: '^(src|test|libs/(eie|bullmq|cedar|postgres|redis))/', pathNot: `${eie}cli/dev/page/` },
      { path: '^libs/core/', dependencyTypesNot: ['aliased-tsconfig-paths', 'aliased-workspace', 'aliased'] },
    ),
    error(
      'pages-run-in-a-browser',
      'A page knows what pages share, and of its server the types alone.',
      { path: `${eie}cli/dev/page/` },
      { pathNot: [`${eie}cli/dev/page/`, `${core}page/`], dependencyTypesNot: ['type-only'] },
    ),
    error(
      'entry-points-of-nestjs-eie-only',
      'The application and the tests use published names, never a path into the library.',
      { path: '^(src|test)/' },
      { path: '^libs/', dependencyTypesNot: ['aliased-tsconfig-paths', 'aliased-workspace', 'aliased'] },
    ),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'node', 'default'] },
  },
};
