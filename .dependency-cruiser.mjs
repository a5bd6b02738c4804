// The layers of the library, lowest first. A file imports from its own layer and from those below it.
const library = '^libs/eie/src/';
const spec = '\\.spec\\.ts$';
const doors = `${library}(index|mcp/index|mcp-nest/index|presets/index|receiver/index|receiver/core/index)\\.ts$`;
const layers = [
  `${library}(token/|envelope/|eie\\.error\\.ts$)`,
  `${library}(audit/|options/|presets/(?!index\\.ts$)|carrier\\.ts$|vault\\.ts$|identity-revocation\\.service\\.ts$|issuer-client\\.ts$|eie\\.options\\.ts$)`,
  `${library}(boundary|authorization|delegation)/`,
  `${library}((eie|handler)\\.guard\\.ts$|eie\\.interceptor\\.ts$|(mcp|mcp-nest|proof|receiver)/(?!(core/)?index\\.ts$))`,
  `${library}eie\\.module\\.ts$`,
  [doors, `${library}cli/`],
].map((paths) => [paths].flat());

const error = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

export default {
  forbidden: [
    error('no-cycle', 'Imports run one way, those of types too.', {}, { circular: true }),
    error('no-unresolved', 'An import that leads nowhere would slip past the other rules.', {}, { couldNotResolve: true }),

    ...layers.slice(0, -1).map((layer, level) =>
      error(
        `layer-${level}-upward`,
        'A layer knows nothing of the layers above it.',
        { path: layer, pathNot: spec },
        { path: layers.slice(level + 1).flat() },
      ),
    ),
    error(
      'file-of-no-layer',
      'A new file or folder gets its place in the layers of .dependency-cruiser.mjs first.',
      { path: library, pathNot: [...layers.flat(), spec] },
      {},
    ),
    error(
      'import-of-no-layer',
      'A new file or folder gets its place in the layers of .dependency-cruiser.mjs first.',
      {},
      { path: library, pathNot: [...layers.flat(), spec] },
    ),
    error(
      'token-knows-no-envelope',
      'An envelope is made from a verified token, never the reverse.',
      { path: `${library}token/`, pathNot: spec },
      { path: `${library}envelope/` },
    ),
    error(
      'stages-apart',
      'Boundary, authorization and delegation meet only in the guard and the interceptor.',
      { path: `${library}(boundary|authorization|delegation)/`, pathNot: spec },
      { path: `${library}(boundary|authorization|delegation)/`, pathNot: `${library}$1/` },
    ),
    error(
      'pure-layer',
      'Token, envelope, errors and the receiver core run without Nest: jose and node only.',
      { path: [...layers[0], `${library}receiver/core/`], pathNot: spec },
      { pathNot: [library, '(^|/)node_modules/jose/'], dependencyTypesNot: ['core'] },
    ),
    error(
      'receiver-core-stands-alone',
      'The receiver core is for services without Nest: of the library it uses the pure layer only.',
      { path: `${library}receiver/core/`, pathNot: spec },
      { path: library, pathNot: [...layers[0], `${library}receiver/core/`] },
    ),
    error(
      'mcp-is-optional',
      'The MCP SDK and class-validator-jsonschema are optional peers: only the door ./mcp may lead to them, and ./mcp-nest to the SDK.',
      { path: doors, pathNot: `${library}mcp(-nest)?/` },
      { path: 'node_modules/(@modelcontextprotocol|class-validator-jsonschema)/', reachable: true },
    ),
    error(
      'mcp-nest-is-optional',
      'mcp-nest and the microservices of Nest are optional peers: only the door ./mcp-nest may lead to them.',
      { path: doors, pathNot: `${library}mcp-nest/` },
      { path: 'node_modules/(@rekog|@nestjs/microservices)/', reachable: true },
    ),
    error(
      'mcp-nest-needs-no-runtime-of-ours',
      'Who brings tools of mcp-nest has no use for what the tools of ./mcp need.',
      { path: `${library}mcp-nest/index` },
      { path: 'node_modules/class-validator-jsonschema/', reachable: true },
    ),

    error(
      'library-stands-alone',
      'The library knows neither the reference application nor its tests.',
      { path: library },
      { path: '^(src|test)/' },
    ),
    error(
      'library-declares-its-packages',
      'What the library imports stands in the dependencies or peerDependencies of libs/eie/package.json.',
      { path: library, pathNot: spec },
      { path: '(^|/)node_modules/', dependencyTypesNot: ['npm', 'npm-peer'] },
    ),
    error(
      'doors-only',
      'The application and the tests use the published names, never a path into the library.',
      { path: '^(src|test)/' },
      { path: '^libs/', dependencyTypesNot: ['aliased-tsconfig-paths'] },
    ),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'node', 'default'] },
  },
};
