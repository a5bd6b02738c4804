import { availableParallelism } from 'node:os';
import { LONG } from './test/long/files.mjs';
import { FOLDERS } from './test/together/files.mjs';

const SPEC = '\\.(spec|e2e-spec)\\.ts$';
/** Whether paths or patterns of paths are given. */
const named = process.argv.slice(2).some(argument => !argument.startsWith('-'));

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/libs', '<rootDir>/src', '<rootDir>/test'],
  // Files that are named run by themselves; without a name, those that load the whole library share it, and the longest are left to `npm run test:long`.
  testRegex: named
    ? SPEC
    : [
        `^(?!.*/(${[...FOLDERS.map(folder => `test/${folder}/`), ...LONG].join('|')})).*${SPEC}`,
        '/test/together/part-\\d+\\.ts$',
      ],
  // What is slow alone takes minutes where other work has the processors.
  testTimeout: 300_000,
  testSequencer: '<rootDir>/test/together/sequencer.mjs',
  // Two more than there are processors, since many tests wait for time to pass, and a new worker when one has grown: each suite leaves its modules behind in the worker that ran it.
  maxWorkers: availableParallelism() + 2,
  workerIdleMemoryLimit: '400MB',
  moduleFileExtensions: ['js', 'mjs', 'json', 'ts'],
  extensionsToTreatAsEsm: ['.ts'],
  setupFiles: ['<rootDir>/test/support/quiet-oidc-provider.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: true,
      },
    ],
  },
  moduleNameMapper: {
    // The entry points lead to the sources: one left on dist would load a second copy of every class.
    '^execution-identity$': '<rootDir>/libs/core/src/index.ts',
    '^execution-identity/internal$': '<rootDir>/libs/core/src/internal/index.ts',
    '^execution-identity/internal/(.*)$': '<rootDir>/libs/core/src/internal/$1.ts',
    '^nestjs-eie$': '<rootDir>/libs/eie/src/index.ts',
    '^nestjs-eie/internal/cli$': '<rootDir>/libs/eie/src/cli/commands.ts',
    '^nestjs-eie/(.*)$': '<rootDir>/libs/eie/src/$1/index.ts',
    '^nestjs-eie-(bullmq|cedar|postgres|redis)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
    // CommonJS that requires Nest's ES modules: Node can, Jest on Node 20 cannot. The package ships its sources.
    '^@rekog/mcp-nest$': '<rootDir>/node_modules/@rekog/mcp-nest/src/index.ts',
  },
  transformIgnorePatterns: ['/node_modules/(?!@rekog/mcp-nest/)'],
};
