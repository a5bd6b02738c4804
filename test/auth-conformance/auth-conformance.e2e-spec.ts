import { readFileSync } from 'node:fs';
// @ts-expect-error -- plain JavaScript, which node runs as it is
import { configProblems } from './config.mjs';
// @ts-expect-error -- plain JavaScript, which node runs as it is
import { CHECKS, runSuite } from './run.mjs';
// @ts-expect-error -- plain JavaScript, which node runs as it is
import { startApplication } from './servers/application.mjs';
// @ts-expect-error -- plain JavaScript, which node runs as it is
import { startCareless, startClosed, startReluctant } from './servers/faulty.mjs';
// @ts-expect-error -- plain JavaScript, which node runs as it is
import { startUnprotected } from './servers/sdk.mjs';
// @ts-expect-error -- plain JavaScript, which node runs as it is
import { startCanary } from './wire/canary.mjs';

const ids = (...names: string[]): string[] => names.map(name => `server-auth-${name}`);

/** What other mistakes than those of an unprotected server are shown by. */
const CARELESS = ids(
  'prm-authorization-servers',
  'prm-resource',
  'prm-well-known',
  'metadata-scopes',
  'metadata-bearer-methods',
  'challenge-scope',
  'dpop-proof-401',
  'dpop-replay-401',
  'scope-challenge-complete',
  'scope-hierarchy',
  'lying-mcp-name',
  'identity-per-request',
  'spoofed-identity-ignored',
  'client-info-ignored',
  'session-id-random',
  'cross-user-task',
  'request-state-tampered',
  'list-private',
  'list-stable',
  'no-secrets-in-mcp-headers',
  'error-bodies-equal',
  'token-not-echoed',
);
const RELUCTANT = ids(
  'challenge-resource-metadata',
  'no-error-without-credentials',
  'invalid-token-error',
  'dpop-accepted',
  'scope-accepted',
);
const CLOSED = ids('challenge-bearer', 'valid-token-accepted');

type Result = { id: string; status: string; errorMessage?: string };
type Results = Record<string, Result>;

async function resultsOf(start: (canary: unknown) => Promise<any>, only?: string[]): Promise<Results> {
  const canary = await startCanary({ answer: { id: 'A-1001' } });
  const server = await start(canary);
  try {
    const { checks } = await runSuite(server.url, server.config, { canary, only });
    return Object.fromEntries((checks as Result[]).map(check => [check.id, check]));
  } finally {
    await server.close();
    canary.close();
  }
}

const having = (results: Results, ...statuses: string[]): string[] =>
  Object.keys(results).filter(id => statuses.includes(results[id]!.status));

describe('the pack of checks for servers that take tokens', () => {
  let application: Results;
  let unprotected: Results;

  beforeAll(async () => {
    [application, unprotected] = await Promise.all([resultsOf(startApplication), resultsOf(startUnprotected)]);
  });

  it('finds an application behind the boundary sound, and skips only what it does not have', () => {
    expect(Object.values(application).filter(({ status }) => status === 'FAILURE' || status === 'WARNING')).toEqual([]);
    const skipped = Object.values(application).filter(({ status }) => status === 'SKIPPED');
    expect(skipped).toEqual([
      expect.objectContaining({ id: 'server-auth-cross-user-task', errorMessage: 'the config names no tool "task"' }),
      expect.objectContaining({
        id: 'server-auth-no-token-passthrough',
        errorMessage: 'the config names no tool "downstream"',
      }),
    ]);
  });

  it('finds that an unprotected server is one', () => {
    expect(having(unprotected, 'FAILURE')).toEqual(
      expect.arrayContaining(
        ids(
          'prm-present',
          'no-token-401',
          'aud-mismatch-401',
          'expired-401',
          'alg-none-401',
          'insufficient-scope-403',
          'session-not-auth',
          'no-token-passthrough',
          'origin-403',
        ),
      ),
    );
  });

  it('has no check that cannot fail', async () => {
    const others = [
      await resultsOf(startCareless, CARELESS),
      await resultsOf(startReluctant, RELUCTANT),
      await resultsOf(startClosed, CLOSED),
    ];
    const found = [unprotected, ...others].flatMap(results => having(results, 'FAILURE', 'WARNING'));
    expect(CHECKS.map(({ id }: { id: string }) => id).filter((id: string) => !found.includes(id))).toEqual([]);
    const broken = [unprotected, ...others]
      .flatMap(results => Object.values(results))
      .filter(({ errorMessage }) => errorMessage?.includes('broke off'));
    expect(broken).toEqual([]);
  });

  it('is documented: every check with its level, and examples that are right', () => {
    const document = readFileSync(new URL('../../docs/auth-conformance.md', import.meta.url), 'utf8');
    expect(
      CHECKS.filter(({ id, level }: { id: string; level: string }) => !document.includes(`| \`${id}\` | ${level} |`)),
    ).toEqual([]);
    const examples = [...document.matchAll(/^```json\n(.*?)^```$/gms)].map(([, text]) => JSON.parse(text!) as unknown);
    expect(examples.map(example => configProblems(example) as string[])).toEqual(examples.map(() => []));
    expect(examples.length).toBeGreaterThan(1);
  });
});
