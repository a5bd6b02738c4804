import { type Server } from 'node:http';
import { type INestApplication } from '@nestjs/common';
import { EieConfigurationError, type ExecutionIdentityEnvelope } from 'execution-identity';
import { Posture } from '../../boot/posture/posture.js';
import { type TestAuthorizationServer } from '../authorization-server/test-authorization-server.js';
import { type TestTarget } from '../targets/test-target.js';
import { type IdentityProbe } from './identity-probe.js';
import { type Replacements } from './replacements.js';
import { type TestAudit } from './test-audit.js';
import { TestCaller } from './test-caller.js';
import { type TestIdentity } from './test-identity.js';
import { type TestIssuers } from './test-issuers.js';
import { type McpEra } from './tool-call.js';

/** @internal What a test application is made of. */
export interface TestAppParts {
  readonly nest: INestApplication;
  readonly url: string;
  readonly era: McpEra;
  readonly audit: TestAudit;
  readonly issuers: TestIssuers;
  readonly replacements: Replacements;
  readonly probe: IdentityProbe;
}

/** An application behind its own boundary, on the loopback interface. Its issuers, its audit log and its targets are those of the test. */
export class TestApp {
  readonly nest: INestApplication;
  readonly url: string;
  /** What the application has recorded. */
  readonly audit: TestAudit;
  readonly #parts: TestAppParts;

  /** @internal See `startTestApp()`. */
  constructor(parts: TestAppParts) {
    this.#parts = parts;
    ({ nest: this.nest, url: this.url, audit: this.audit } = parts);
  }

  /**
   * Calls of one identity, each with a token of its own from the issuer of the application.
   *
   * @example await app.as({ sub: 'alice', tenant: 'acme', scopes: ['orders:read'], agent: 'desk-agent' }).callTool('get_order', { id: '1' })
   */
  as(identity: TestIdentity): TestCaller {
    return this.#caller(async () => {
      const { options } = await this.#parts.issuers.of(identity.issuer);
      const token = await this.#parts.issuers.token(identity);
      const { name = 'authorization', scheme = options.tokenHeader ? undefined : 'Bearer' } = options.tokenHeader ?? {};
      return { [name]: scheme === undefined ? token : `${scheme} ${token}` };
    });
  }

  /** Calls with this token, whatever it is. */
  withToken(token: string): TestCaller {
    return this.#caller(async () => ({ authorization: `Bearer ${token}` }));
  }

  /** Calls without any token. */
  anonymous(): TestCaller {
    return this.#caller(async () => ({}));
  }

  /**
   * The fake in the place of a target.
   *
   * @throws EieConfigurationError for a name that the application does not configure
   */
  target(name: string): TestTarget {
    const { fakeTargets } = this.#parts.replacements;
    const found = fakeTargets.get(name);
    if (found) return found;
    throw new EieConfigurationError(
      `The application has no target ${name}: it has ${[...fakeTargets.keys()].join(', ') || 'none'}.`,
    );
  }

  /** The fakes in the place of all targets. */
  get targets(): readonly TestTarget[] {
    return [...this.#parts.replacements.fakeTargets.values()];
  }

  /**
   * The server that stands in for an issuer: for outages, rotation, and tokens of every kind.
   *
   * @param name as the application configures it. Default: the first
   * @throws EieConfigurationError for a name that the application does not know
   */
  async issuer(name?: string): Promise<TestAuthorizationServer> {
    return (await this.#parts.issuers.of(name)).server;
  }

  /**
   * A genuine envelope, from the boundary of this application, for unit tests of what takes one. It declares every target, and is live until the
   * application is closed or its token expires, so that services can delegate in it.
   *
   * @throws Error with the refusal, where the boundary refuses this identity
   * @example await service.orders(await app.identityOf({ sub: 'alice', scopes: ['orders:read'] }))
   */
  identityOf(identity: TestIdentity): Promise<ExecutionIdentityEnvelope> {
    const { probe } = this.#parts;
    const path = this.#paths(({ method }) => method === probe.method)[0]!;
    return probe.identity(async id => {
      const { status, text } = await this.as(identity).get(path.replace(':id', id));
      return `${status} ${text}`;
    });
  }

  /** Stops the application, its issuers and its targets. */
  async close(): Promise<void> {
    const { nest, issuers, probe } = this.#parts;
    probe.release();
    (nest.getHttpServer() as Server).closeIdleConnections?.();
    await nest.close();
    await Promise.all([issuers.close(), ...this.targets.map(target => target.close())]);
  }

  #caller(credentials: () => Promise<Record<string, string>>): TestCaller {
    const { url, era } = this.#parts;
    return new TestCaller({ url, era, mcpPath: () => this.#mcpPath() }, credentials);
  }

  #mcpPath(): string {
    const [path, ...others] = new Set(this.#paths(({ policy }) => policy === 'dispatcher'));
    if (path !== undefined && !others.length) return path;
    throw new EieConfigurationError(
      path === undefined
        ? 'The application has no MCP route: import EieMcpModule.register().'
        : `The application has several MCP routes: callTool(name, input, { path }) needs one of ${[path, ...others].join(', ')}`,
    );
  }

  /** Behind a global prefix, if there is one. */
  #paths(isMeant: (handler: Posture['document']['handlers'][number]) => boolean): string[] {
    const { handlers } = this.nest.get(Posture, { strict: false }).document;
    return handlers.filter(isMeant).flatMap(({ routes }) => routes.map(route => route.replace(/^\S+ /, '')));
  }
}
