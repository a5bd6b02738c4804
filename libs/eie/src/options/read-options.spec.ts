import { EieOptions } from './eie.options.js';
import { readOptions } from './read-options.js';
import { TargetOptions } from './target.options.js';

const issuer = {
  issuer: 'https://as.test',
  jwksUri: 'https://as.test/jwks',
  algorithms: ['RS256'],
  actorType: { user: { claim: 'sub_profile', values: ['user'] } },
};
const good = { resource: 'https://mcp.test/mcp', issuers: [issuer] };
const read = (changes: object = {}) => readOptions(EieOptions, { ...good, ...changes }, 'EieModule');
const withIssuer = (changes: object) => ({ issuers: [{ ...issuer, ...changes }] });

describe('the options of EieModule', () => {
  it('are taken as they are when they are right', () => {
    expect(read()).toMatchObject(good);
    expect(
      read({
        signing: { keys: [] },
        targets: {},
        authorization: { unregisteredAgents: { scopes: ['a'] } },
        ...withIssuer({ jwksUri: undefined, jwks: { keys: [] } }),
      }),
    ).toBeInstanceOf(EieOptions);
  });

  it.each<[string, object, string]>([
    ['a group', { authorization: null }, 'authorization'],
    ['a port', { ports: { clock: null } }, 'ports.clock'],
    ['a limit', { limits: { callDeadline: null } }, 'limits.callDeadline'],
    ['an option of an issuer', withIssuer({ tenants: null }), 'issuers[0].tenants'],
    [
      'what an agent may do',
      withIssuer({ agents: { app: { id: 'desk', scopes: null } } }),
      'issuers[0].agents.app.scopes',
    ],
  ])('are refused with null for %s, by its name: nothing is limited by null', (_what, changes, name) => {
    expect(() => read(changes)).toThrow(`  - ${name} must not be null: give it a value, or leave it out`);
  });

  it('say of an issuer that is given in place of a list what is wrong, and that alone', () => {
    expect(() => read({ issuers: issuer })).toThrow(
      /wrong options:\n {2}- issuers must configure at least one issuer of access tokens, in a list, [^\n]*$/,
    );
  });

  it.each([
    [undefined, 'it is undefined'],
    ['', 'it is empty'],
  ])(
    'ask of a text that is %j whether an environment variable is not set, and of one that is left out not',
    (resource, what) => {
      expect(() => read({ resource })).toThrow(`: ${what}. Is it an environment variable that is not set?`);
      const leftOut = () => readOptions(EieOptions, { issuers: [issuer] }, 'EieModule');
      expect(leftOut).toThrow('resource must be');
      expect(leftOut).not.toThrow('environment variable');
    },
  );

  it.each<[string, object, string]>([
    ['a resource without TLS', { resource: 'http://mcp.test' }, 'resource must be the https identifier'],
    ['a resource with a fragment', { resource: 'https://mcp.test/#x' }, 'resource must be the https identifier'],
    ['no resource', { resource: undefined }, 'resource must be the https identifier'],
    ['no issuers', { issuers: [] }, 'issuers must configure at least one'],
    [
      'no list of issuers',
      { issuers: undefined },
      'issuers must configure at least one issuer of access tokens, in a list',
    ],
    ['an issuer that is none', { issuers: [null] }, 'issuers[0] must be an object'],
    ['an issuer without keys', withIssuer({ jwksUri: undefined }), 'issuers[0].jwksUri must be the https URL'],
    [
      'keys fetched without TLS',
      withIssuer({ jwksUri: 'http://as.test/jwks' }),
      'issuers[0].jwksUri must be the https URL',
    ],
    [
      'a symmetric algorithm',
      withIssuer({ algorithms: ['RS256', 'HS256'] }),
      'issuers[0].algorithms may only hold RS256',
    ],
    ['the algorithm none', withIssuer({ algorithms: ['none'] }), 'symmetric algorithms and "none" are not accepted'],
    ['no algorithms', withIssuer({ algorithms: [] }), 'issuers[0].algorithms must list'],
    ['an empty audience', withIssuer({ audience: [] }), 'issuers[0].audience must name at least one audience'],
    [
      'no rule for users',
      withIssuer({ actorType: {} }),
      'issuers[0].actorType.user must be { claim, values?, differsFrom?, unless? }',
    ],
    [
      'a rule without a claim',
      withIssuer({ actorType: { user: { claim: '' } } }),
      'issuers[0].actorType.user.claim must be the name of a claim',
    ],
    ['no actor rule', withIssuer({ actorType: undefined }), 'issuers[0].actorType must say how a user is recognised'],
    [
      'an endless lifetime',
      withIssuer({ maxLifetime: 1e9 }),
      'issuers[0].maxLifetime must be a number of seconds from 1 to 604800',
    ],
    [
      'a value that no claim is compared with',
      withIssuer({ actorType: { user: { claim: 'sub', values: [{}] } } }),
      'issuers[0].actorType.user.values must be a list of strings, numbers and booleans',
    ],
    [
      'a condition that is none',
      withIssuer({ actorType: { user: { claim: 'sub', unless: true } } }),
      'issuers[0].actorType.user.unless must be { claim, values? }',
    ],
    [
      'a condition without a claim',
      withIssuer({ actorType: { user: { claim: 'sub', unless: { values: [true] } } } }),
      'issuers[0].actorType.user.unless.claim must be the name of a claim',
    ],
    [
      'a condition on a condition',
      withIssuer({ actorType: { user: { claim: 'sub', unless: { claim: 'a', unless: { claim: 'b' } } } } }),
      'issuers[0].actorType.user.unless.unless is not an option',
    ],
    [
      'another claim that is none',
      withIssuer({ actorType: { user: { claim: 'sub', differsFrom: [] } } }),
      'issuers[0].actorType.user.differsFrom must be the name of a claim',
    ],
    ['an empty list of tenants', withIssuer({ tenants: [] }), 'issuers[0].tenants must name at least one tenant'],
    [
      'a client without a secret',
      withIssuer({ client: { clientId: 'x', auth: { method: 'client_secret_basic' } } }),
      'issuers[0].client.auth.secret must be the secret',
    ],
    [
      'a client without a key',
      withIssuer({ client: { clientId: 'x', auth: { method: 'private_key_jwt' } } }),
      'issuers[0].client.auth.key must be a private JWK',
    ],
    [
      'an invented client authentication',
      withIssuer({ client: { clientId: 'x', auth: { method: 'none' } } }),
      'issuers[0].client.auth.method must be',
    ],
    [
      'a token endpoint without TLS',
      withIssuer({ metadata: { tokenEndpoint: 'http://as.test/token' } }),
      'issuers[0].metadata.tokenEndpoint must be an https URL',
    ],
    ['no trust domain', { signing: { keys: [], trustDomain: '' } }, 'signing.trustDomain must name the trust domain'],
    ['no signing keys', { signing: 7 }, 'signing must be { keys: [private JWK, ...] } or { signer }, or "ephemeral"'],
    ['signing keys that are no list', { signing: { keys: 'x' } }, 'signing.keys must be a list'],
    [
      'a log of another kind',
      { audit: { log: { append() {} } } },
      'audit.log must be an instance of a class that extends AuditLog',
    ],
    [
      'a public route without a reason',
      { authorization: { routes: [{ path: '/health', method: 'GET', access: 'public', reason: '' }] } },
      'authorization.routes[0].reason must say, in a sentence',
    ],
    ['a clock that is none', { ports: { clock: 7 } }, 'ports.clock must be a function'],
    ['diagnostics that report nowhere', { ports: { diagnostics: {} } }, 'ports.diagnostics must have a method report('],
    [
      'a provider that no preset made',
      withIssuer({ provider: { name: 'keycloak' } }),
      'issuers[0].provider must come from a preset',
    ],
    [
      'an option that does not exist',
      { skipAudience: true },
      'skipAudience is not an option: remove it or correct its name',
    ],
    [
      'an option that does not exist, further in',
      withIssuer({ ignoreExpiration: true }),
      'issuers[0].ignoreExpiration is not an option',
    ],
  ])('%s: refused, naming option and fix', (_what, changes, message) => {
    expect(() => read(changes)).toThrow(
      expect.objectContaining({ name: 'EieConfigurationError', message: expect.stringContaining(message) }),
    );
  });

  it('are refused all at once, one line for each fault', () => {
    expect(() =>
      read({ resource: 'x', limits: { envelopeLifetime: 'x' }, issuers: [{ ...issuer, issuer: 'y z' }], extra: 1 }),
    ).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(
          /^EieModule has wrong options:(\n {2}- (resource|limits\.envelopeLifetime|extra|issuers\[0\]\.issuer) .+){4}$/,
        ),
      }),
    );
  });

  it.each([undefined, null, 'x', 7, []])('are refused when they are %j', input => {
    expect(() => readOptions(EieOptions, input, 'EieModule')).toThrow('options must be an object');
  });

  it('do not change what the application handed in', () => {
    const input = structuredClone(good);
    readOptions(EieOptions, Object.freeze(input), 'EieModule');
    expect(input).toEqual(good);
  });
});

describe('the options of a target', () => {
  const target = {
    mode: 'restricted_user',
    baseUrl: 'https://api.test',
    issuer: 'https://as.test',
    resource: 'https://api.test',
    scopes: ['a'],
  };

  it('need a written reason for restricted_user, and name no secret in the message', () => {
    expect(() => readOptions(TargetOptions, target, 'targets.x')).toThrow(
      /reason must say, in a sentence, why the target cannot take "on_behalf_of"/,
    );
    expect(() =>
      readOptions(
        TargetOptions,
        { ...target, reason: 'cannot read the act claim', baseUrl: 'https://user:hush@api.test' },
        'targets.x',
      ),
    ).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hush') }));
    expect(readOptions(TargetOptions, { ...target, reason: 'cannot read the act claim' }, 'targets.x')).toMatchObject(
      target,
    );
  });
});
