import { ConsoleLogger, type DynamicModule, type INestApplication, type LogLevel, type Type } from '@nestjs/common';
import { type AbstractHttpAdapter } from '@nestjs/core';
import type * as nestTestingPackage from '@nestjs/testing';
import { EieConfigurationError, type JwkSet } from 'execution-identity';
import { whileReplacing } from '../../configuration/replaced-options.js';
import { ServerProfile } from '../../configuration/server-profile.js';
import { assertTesting } from '../only-in-tests.js';
import { IdentityProbe } from './identity-probe.js';
import { type ReplaceableOptions, Replacements } from './replacements.js';
import { TestApp } from './test-app.js';
import { TestAudit } from './test-audit.js';
import { TestIssuers } from './test-issuers.js';
import { type McpEra } from './tool-call.js';

const LOOPBACK = '127.0.0.1';

/** How {@link startTestApp} starts an application. */
export interface TestAppOptions {
  /** Such as `new FastifyAdapter()`. Default: Express. */
  readonly adapter?: AbstractHttpAdapter;
  /** What else is replaced, by Nest's own means: `builder => builder.overrideProvider(Mailer).useValue(mailer)`. */
  readonly override?: (builder: nestTestingPackage.TestingModuleBuilder) => nestTestingPackage.TestingModuleBuilder;
  /** What `main.ts` does before it listens: `nest => nest.setGlobalPrefix('api')`. */
  readonly prepare?: (nest: INestApplication) => void | Promise<void>;
  /** In the place of those options of `EieModule`: `{ signing: 'ephemeral' }`, or stores in memory as `ports`. */
  readonly options?: Partial<ReplaceableOptions>;
  /** The MCP revision of `callTool()`. Default `2026-07-28`. */
  readonly era?: McpEra;
  /** What the application logs. `['error', 'warn']` says why calls are refused. Default: nothing. */
  readonly logger?: LogLevel[] | false;
}

/**
 * Starts an application for tests, with `EieModule.forRoot()` or `forRootAsync()` in it, on the loopback interface. Its issuers become
 * {@link TestAuthorizationServer}s under the same names, its audit log is kept in memory, and its targets are fakes. Everything else is its
 * own: the edge, the guard, policies and boot checks. What would stop the application stops it here, too.
 *
 * It does NOT test the claims of a real provider: test tokens are as RFC 9068 says, and bearer tokens. Presets, DPoP, introspection and
 * `ports.clients` are left out.
 *
 * @throws EieConfigurationError where NODE_ENV is neither `development` nor `test`; without `@nestjs/testing`; for an application without
 * `EieModule`; and for whatever stops the application
 * @example
 * const app = await startTestApp(AppModule);
 * const answer = await app.as({ sub: 'alice', scopes: ['orders:read'] }).callTool('get_order', { id: '1' });
 * await app.close();
 */
export async function startTestApp(module: Type | DynamicModule, options: TestAppOptions = {}): Promise<TestApp> {
  assertTesting('startTestApp()');
  const { adapter, override = builder => builder, prepare, era = '2026-07-28', logger = false } = options;
  const audit = new TestAudit();
  const issuers = new TestIssuers();
  const probe = new IdentityProbe();
  const known: { nest?: INestApplication } = {};
  const replacements = new Replacements(issuers, audit, options.options ?? {}, () => publishedKeys(known.nest));
  try {
    const { Test } = await nestTesting();
    const builder = Test.createTestingModule({ imports: [module], controllers: [probe.controller] });
    const compiled = await whileReplacing(replacements, () => override(builder).setLogger(quiet).compile());
    // Nothing of an application without EieModule may listen.
    void replacements.sealer;
    probe.declare([...replacements.fakeTargets.keys()]);
    // A list of levels would go to the logger that there is, which is the quiet one.
    const logging = { logger: logger && new ConsoleLogger({ logLevels: logger }) };
    const nest = adapter ? compiled.createNestApplication(adapter, logging) : compiled.createNestApplication(logging);
    known.nest = nest;
    await prepare?.(nest);
    await nest.listen(0, LOOPBACK);
    const url = (await nest.getUrl()).replace('[::1]', LOOPBACK);
    return new TestApp({ nest, url, era, audit, issuers, replacements, probe });
  } catch (error) {
    await known.nest?.close().catch(() => undefined);
    await Promise.all([issuers.close(), ...[...replacements.fakeTargets.values()].map(target => target.close())]);
    throw error;
  }
}

const publishedKeys = (nest: INestApplication | undefined): JwkSet | undefined =>
  nest?.get(ServerProfile, { strict: false }).jwks as JwkSet | undefined;

/** What Nest would say while it makes the application is thrown as well. */
const quiet = { log: () => undefined, error: () => undefined, warn: () => undefined };

async function nestTesting(): Promise<typeof nestTestingPackage> {
  try {
    return await import('@nestjs/testing');
  } catch (error) {
    throw new EieConfigurationError(
      'startTestApp() needs @nestjs/testing, in the version of your @nestjs/core: npm install --save-dev @nestjs/testing',
      { cause: error },
    );
  }
}
