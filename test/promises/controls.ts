import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type PromiseNumber } from './application.js';
import { type Outcome } from './run.js';

/** A fault of the library that the applications must find: without it nobody knows whether they can. */
interface Control {
  readonly promise: PromiseNumber;
  readonly cause: string;
  /** The application that must find it. */
  readonly application: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const CONTROLS: readonly Control[] = [
  {
    promise: 1,
    cause: 'the edge takes nothing off a request',
    application: 'first-in-line',
    file: 'edge/take-credentials.ts',
    from: 'if (taken.length) {',
    to: 'if (false) {',
  },
  {
    promise: 1,
    cause: 'the edge is a middleware alone',
    application: 'prefilled-adapter',
    file: 'edge/edge.ts',
    from: 'server.prependListener(event,',
    to: '((_event, _listener) => undefined)(event,',
  },
  {
    promise: 1,
    cause: 'headers are taken by their name alone',
    application: 'behind-a-gateway',
    file: 'edge/take-credentials.ts',
    from: 'tokens.some((token)=>value.includes(token))',
    to: 'false',
  },
  {
    promise: 1,
    cause: 'the event of a function keeps its copy',
    application: 'lambda-express',
    file: 'edge/event-copies.ts',
    from: 'if (!tokens.length) return;',
    to: 'return;',
  },
  {
    promise: 1,
    cause: 'the guard lets in what the edge has left alone',
    application: 'mounted-application',
    file: 'edge/drop-credentials.ts',
    from: "kind !== 'taken'",
    to: 'false',
  },
  {
    promise: 3,
    cause: 'a policy belongs to a function',
    application: 'wrapped-handlers',
    file: 'authorization/handler-metadata.ts',
    from: 'lineage(type.prototype)',
    to: "(type.name === 'OverridingController' ? [type.prototype] : lineage(type.prototype))",
  },
  {
    promise: 3,
    cause: 'an unknown function is taken for the first of its class',
    application: 'versions',
    file: 'authorization/handler-registry.ts',
    from: "throw new EieError('handler_unregistered');",
    to: 'return [...entries.values()][0];',
  },
  {
    promise: 5,
    cause: 'an interceptor of the application runs first',
    application: 'caching-interceptor',
    file: 'execution/run-first.ts',
    from: 'moveToFront(config.getGlobalInterceptors(), interceptor);',
    to: '',
  },
  {
    promise: 5,
    cause: 'a guard of the application runs first',
    application: 'first-in-line',
    file: 'execution/run-first.ts',
    from: 'moveToFront(config.getGlobalGuards(), guard);',
    to: '',
  },
];

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Plants each fault in a process of its own, and runs the application that must find it. */
export function runControls({ isQuick }: { isQuick: boolean }) {
  const first = CONTROLS.filter((one, i) => CONTROLS.findIndex(({ promise }) => promise === one.promise) === i);
  return (isQuick ? first : CONTROLS).map(({ promise, cause, application, file, from, to }) => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        '--import',
        path('../support/typescript-loader.mjs'),
        '--import',
        path('plant.mjs'),
        path('promises.ts'),
        '--json',
        '--no-controls',
        '--nest',
        '12',
        application,
      ],
      { encoding: 'utf8', env: { ...process.env, PLANTED_FAULT: JSON.stringify({ file, from, to }) } },
    );
    const line = stdout.trim().split('\n').at(-1) ?? '';
    const applications = line.startsWith('{') ? (JSON.parse(line) as { applications: Outcome[] }).applications : [];
    const broken = applications.flatMap(outcome => outcome.broken);
    const found = broken.some(text => text.startsWith(`promise ${promise}`));
    return {
      promise,
      cause,
      planted: applications.length > 0,
      found,
      ...(found ? {} : { broken, stderr: stderr.slice(-500) }),
    };
  });
}
