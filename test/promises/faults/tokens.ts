import { configurationShown, edit, type Fault } from './fault.js';

/** A token reaches code of the application. The first is planted in the quick form too. */
export const TOKEN_FAULTS: readonly Fault[] = [
  {
    promise: 1,
    cause: 'the boundary is a guard',
    application: 'first-in-line',
    edits: [
      edit('edge/edge.ts', 'if (!adapter) return;', 'return;'),
      edit('edge/edge.ts', 'if (!(server instanceof EventEmitter) || ', 'if (true || '),
      edit(
        'edge/drop-credentials.ts',
        "import { NO_TOKENS, requests } from './credential-slot.js';",
        "import { NO_TOKENS, requests } from './credential-slot.js'; import { takeCredentials } from './take-credentials.js';",
      ),
      edit(
        'edge/drop-credentials.ts',
        'const state = requests.of(request);\n    if (state?.kind ===',
        'takeCredentials(request); const state = requests.of(request);\n    if (state?.kind ===',
      ),
    ],
  },
  {
    promise: 1,
    cause: 'the edge takes nothing off a request',
    application: 'request-scoped.ts',
    edits: [edit('edge/take-credentials.ts', 'if (taken.length) removeLines', 'if (false) removeLines')],
  },
  {
    promise: 1,
    cause: 'the edge is a middleware alone',
    application: 'prefilled-adapter',
    edits: [
      edit('edge/edge.ts', 'beforeEvents(server, take);', ''),
      edit('edge/edge.ts', "server.prependListener('request', takeRequest);", ''),
    ],
  },
  {
    promise: 1,
    cause: 'headers are taken by their name alone',
    application: 'behind-a-gateway',
    edits: [
      edit(
        'edge/credential-search.ts',
        '!this.#mayHold(value) || !this.tokens.some((token)=>value.includes(token))',
        'true',
      ),
    ],
  },
  {
    promise: 1,
    cause: 'the event of a function keeps its copy',
    application: 'lambda-express',
    edits: [
      edit(
        'edge/event-copies.ts',
        "if (typeof value !== 'object' || value === null || depth === 0) return;",
        'return;',
      ),
    ],
  },
  {
    promise: 1,
    cause: 'the guard lets in what the edge has left alone',
    application: 'mounted-application',
    edits: [edit('edge/drop-credentials.ts', "if (kind !== 'taken') throw", 'if (false) throw')],
  },
  {
    promise: 1,
    cause: 'a guard of the application is lent tokens for this server',
    application: 'own-authentication',
    edits: [edit('edge/lend-credentials.ts', 'containOwnToken(lines, audiences())', 'false')],
  },
  { promise: 1, cause: 'secrets are injectable', application: 'inquisitive-module', edits: [configurationShown] },
  {
    promise: 1,
    cause: 'an answer is not searched for what was sent',
    application: 'echoing-api',
    edits: [
      edit('delegation/call/searched-answer.ts', 'if (!this.#body) return received;', 'return received;'),
      edit('delegation/call/searched-answer.ts', 'if (this.search.findsIn(bytes)) throw this.#echo();', ''),
    ],
  },
];
