import { InMemoryTransport } from '@modelcontextprotocol/server';
import { Authenticated, EieConfigurationError } from 'nestjs-eie';
import {
  EieMcpModule,
  type EieMcpOptions,
  serveStdio,
  type StdioIdentityOptions,
  Tool,
  ToolController,
} from 'nestjs-eie/mcp';
import { startApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

@ToolController()
class Tools {
  @Tool({ name: 'run' })
  @Authenticated()
  run() {}
}

@ToolController()
class OtherTools {
  @Tool({ name: 'run' })
  @Authenticated()
  run() {}
}

const IDENTITY: StdioIdentityOptions = {
  issuer: 'https://login.shop.test',
  sub: 'alice',
  type: 'user',
  clientId: 'desk',
  agent: 'agent-desk',
  scopes: [],
};
const register = (options: Partial<EieMcpOptions>) =>
  EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', ...options });

describe('stdio', () => {
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());

  it.each<[what: string, changes: object, problem: RegExp]>([
    ['no issuer', { issuer: undefined }, /stdio\.identity\.issuer must be the https identifier/],
    [
      'an issuer that is no identifier',
      { issuer: 'the company' },
      /stdio\.identity\.issuer must be the https identifier/,
    ],
    ['nobody', { sub: '' }, /stdio\.identity\.sub must be the identifier of the user or service/],
    ['neither a user nor a service', { type: 'robot' }, /stdio\.identity\.type must be "user" or "service"/],
    ['no client', { clientId: undefined }, /stdio\.identity\.clientId must be/],
    ['no agent, which is not guessed', { agent: undefined }, /stdio\.identity\.agent must be/],
    ['no scopes, which are not guessed', { scopes: undefined }, /stdio\.identity\.scopes must be a list of scopes/],
    ['a tenant that is none', { tenant: '' }, /stdio\.identity\.tenant must be the tenant of the actor, or left out/],
    ['an option that there is not', { confidence: 'verified' }, /stdio\.identity\.confidence is not an option/],
  ])('is refused for an identity with %s', (_what, changes, problem) => {
    expect(() => register({ stdio: { identity: { ...IDENTITY, ...changes } } })).toThrow(problem);
    expect(() => register({ stdio: { identity: { ...IDENTITY, ...changes } } })).toThrow(EieConfigurationError);
  });

  it.each([
    ['no route', [register({ include: [Tools] }), register({ include: [OtherTools], path: 'other' })], /there is none/],
    [
      'two routes',
      [
        register({ include: [Tools], stdio: { identity: IDENTITY } }),
        register({ include: [OtherTools], path: 'other', stdio: { identity: { ...IDENTITY, sub: 'bob' } } }),
      ],
      /there are several/,
    ],
  ])('is not served when %s of the application has an identity for it', async (_how, imports, problem) => {
    const app = await startApp(world, { imports, providers: [Tools, OtherTools] });
    const [ours] = InMemoryTransport.createLinkedPair();
    await expect(serveStdio(app.app, ours)).rejects.toThrow(problem);
    await app.close();
  });
});
