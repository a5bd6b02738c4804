import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK } from 'jose';
import { newKeyPair } from '../../src/authorization-server/key-pair.js';
import { type Ran, runBinary, runCommand } from '../support/command-line.js';

const METADATA = '/.well-known/openid-configuration';
const FILE = 'test/support/looked-at/application.ts';

interface Finding {
  readonly check: string;
  readonly level: string;
  readonly message: string;
  readonly fix?: string;
}

describe('nestjs-eie doctor', () => {
  let folder: string;
  let server: Server;
  let issuer: string;
  /** What the issuer serves, by path. */
  let documents: Record<string, object>;
  let date: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eie-doctor-'));
    const jwk = { ...(await exportJWK(newKeyPair().publicKey)), kid: '1', alg: 'ES256', use: 'sig' };
    server = createServer((request, response) => {
      const document = documents[request.url!];
      response.setHeader('date', new Date(date).toUTCString());
      response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(document ?? {}));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    documents = {
      '/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/jwks` },
      '/jwks': { keys: [jwk] },
    };
    date = Date.now();
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  const doctor = (name: string, ...args: string[]): Promise<Ran> => runCommand(argsOf(name, args), env());
  const argsOf = (name: string, args: string[]): string[] => ['doctor', '--app', `${FILE}#${name}`, ...args];
  const env = () => ({ LOOKED_AT_FOLDER: join(folder, 'log'), LOOKED_AT_ISSUER: issuer });
  const findings = ({ output }: Ran): Record<string, string> =>
    Object.fromEntries(
      (JSON.parse(output) as { findings: Finding[] }).findings.map(({ check, level }) => [check, level] as const),
    );

  it('finds a sound application sound, names what is not anchored, and opens no audit log', async () => {
    const ran = await runBinary(argsOf('App', ['--json']), env());
    expect(findings(ran)).toEqual({
      boot: 'ok',
      'issuer.metadata': 'ok',
      'issuer.keys': 'ok',
      clock: 'ok',
      resource: 'ok',
      'audit.anchor': 'warning',
      signing: 'ok',
    });
    expect(ran.code).toBe(0);
    expect(existsSync(join(folder, 'log'))).toBe(false);
  });

  it('finds keys that cannot be had and a clock that is wrong, and exits with 1', async () => {
    const { '/jwks': keys, ...others } = documents;
    documents = others;
    date -= 120_000;
    const ran = await doctor('app', '--json');
    documents = { ...others, '/jwks': keys! };
    date = Date.now();
    expect(findings(ran)).toMatchObject({ 'issuer.metadata': 'ok', 'issuer.keys': 'error', clock: 'error' });
    expect(ran.code).toBe(1);
  });

  it.each([
    ['no address of keys', undefined],
    ['an address of keys that is no URL', '/jwks'],
    ['an address of keys over http', 'http://login.example.com/jwks'],
  ])('finds metadata with %s unfit where keys are looked for there', async (_what, address) => {
    const before = documents;
    documents = { ...before, [METADATA]: { issuer, jwks_uri: address } };
    const ran = await doctor('app', '--json');
    documents = before;
    expect(findings(ran)).toMatchObject({ 'issuer.metadata': 'ok', 'issuer.keys': 'error' });
    expect(ran.output).toContain('has no \\"jwks_uri\\" that can be used');
    expect(ran.code).toBe(1);
  });

  it('finds keys unfit where none is for an algorithm that is taken, and names both', async () => {
    const before = documents;
    const jwk = { ...(await exportJWK(newKeyPair().publicKey)), kid: '2' };
    documents = {
      ...before,
      '/jwks': {
        keys: [
          { ...jwk, alg: 'ES384' },
          { ...jwk, alg: 'RS256' },
        ],
      },
    };
    const ran = await doctor('app', '--json');
    documents = before;
    expect(findings(ran)).toMatchObject({ 'issuer.keys': 'error' });
    expect(ran.output).toContain('has published no key for ES256. It has 2 ES384, 2 RS256.');
    expect(ran.code).toBe(1);
  });

  it('says of metadata that names no issuer that it does not, and what to do', async () => {
    const before = documents;
    documents = { ...before, [METADATA]: { jwks_uri: `${issuer}/jwks` } };
    const { output } = await doctor('app', '--json');
    documents = before;
    expect(output).toContain('(it names no \\"issuer\\", not');
  });

  it('lists what would be refused at boot, with its fix, on lines of 80 columns', async () => {
    const { code, output } = await doctor('unsafe');
    expect(code).toBe(1);
    expect(output).toMatch(
      /^ERROR boot: Undecided\.refund has no identity policy \(Shop,[^]*\n {4}decorate it with @RequireScopes/,
    );
    expect(output.split('\n').filter(line => line.length > 80 && line.trim().includes(' '))).toEqual([]);
  });

  it('warns of a resource without the path that MCP is served at', async () => {
    const ran = await doctor('withoutPath', '--json');
    expect(findings(ran)).toMatchObject({ resource: 'warning' });
  });

  it('warns of each name in a ceiling that no tool and no target has, and of no other', async () => {
    const { output } = await doctor('misnamed', '--json');
    const { findings: all } = JSON.parse(output) as { findings: Finding[] };
    const told = all.filter(({ check }) => check === 'rights');
    expect(told.map(({ message }) => /of the (\S+ \S+) of \S+ names (\S+ in "\w+")/.exec(message)?.slice(1))).toEqual([
      ['agent desk-copilot', 'refunds in "tools"'],
      ['agent desk-copilot', 'billing in "targets"'],
      ['tenant acme', 'order_api in "targets"'],
    ]);
    expect(told.map(({ fix }) => fix)).toContain('Correct the name, or take it out. This application has orders_api.');
  });

  it('says of an issuer that does not answer that it is to be reached, and not what its metadata should say', async () => {
    const ran = await runCommand(argsOf('app', ['--json']), { ...env(), LOOKED_AT_ISSUER: 'http://127.0.0.1:9' });
    const { findings: all } = JSON.parse(ran.output) as { findings: Finding[] };
    expect(all.find(({ check }) => check === 'issuer.metadata')).toMatchObject({
      level: 'error',
      fix: 'See that this machine reaches the issuer, and that the URL is right.',
    });
  });

  it('parts what is wrong from its fix without cutting code in two', async () => {
    const { output } = await doctor('unsafe', '--json');
    const { findings: all } = JSON.parse(output) as { findings: Finding[] };
    const [refusal] = all;
    expect(refusal).toMatchObject({
      check: 'boot',
      message: expect.stringMatching(/^Undecided\.refund has no identity policy \(.+\)$/),
      fix: expect.stringMatching(/^decorate it with @RequireScopes\(/),
    });
    for (const text of [refusal!.message, refusal!.fix!])
      expect([...text].filter(one => '({['.includes(one)).length).toBe(
        [...text].filter(one => ')}]'.includes(one)).length,
      );
  });

  describe('of an issuer at which tokens are exchanged', () => {
    const [EXCHANGE, BEARER] = ['token-exchange', 'jwt-bearer'].map(one => `urn:ietf:params:oauth:grant-type:${one}`);
    const exchangeOf = async (name: string, metadata: object): Promise<Finding> => {
      const before = documents;
      documents = { ...before, [METADATA]: { ...before[METADATA], ...metadata } };
      const ran = await doctor(name, '--json');
      documents = before;
      const { findings: all } = JSON.parse(ran.output) as { findings: Finding[] };
      expect(ran.code).toBe(all.some(({ level }) => level === 'error') ? 1 : 0);
      const found = all.filter(({ check }) => check === 'issuer.exchange');
      expect(found).toHaveLength(1);
      return found[0]!;
    };
    const at = () => ({ token_endpoint: `${issuer}/token` });

    it.each<[what: string, name: string, grants: (string | undefined)[] | undefined, level: string, message: RegExp]>([
      ['the grant that it lists', 'exchangingPlainly', [EXCHANGE], 'ok', /supports urn:\S+:token-exchange\.$/],
      [
        'the grant that it does not list',
        'exchangingPlainly',
        [BEARER],
        'error',
        /does not list urn:\S+:token-exchange/,
      ],
      ['no list', 'exchangingPlainly', undefined, 'warning', /does not say which grants .*is not ruled out/],
      [
        'the grant of its preset',
        'exchangingByPreset',
        [BEARER],
        'ok',
        /supports urn:\S+:jwt-bearer \(the preset directory/,
      ],
      [
        'a list without the grant of its preset',
        'exchangingByPreset',
        [EXCHANGE],
        'warning',
        /does not list urn:\S+:jwt-bearer/,
      ],
      [
        'no list, with a preset',
        'exchangingByPreset',
        undefined,
        'ok',
        /urn:\S+:jwt-bearer \(the preset directory asks with it\) is not/,
      ],
    ])('tells of %s', async (_what, name, grants, level, message) => {
      const found = await exchangeOf(name, { ...at(), grant_types_supported: grants });
      expect(found).toMatchObject({ level, message: expect.stringMatching(message) });
      expect(found.fix === undefined).toBe(level === 'ok');
    });

    it.each(['exchangingPlainly', 'exchangingByPreset'])(
      'misses its token endpoint, with a preset or without: %s',
      async name => {
        expect(await exchangeOf(name, {})).toMatchObject({
          level: 'error',
          message: expect.stringContaining('token_endpoint'),
        });
      },
    );

    it('says that nothing is known where its metadata cannot be had', async () => {
      const found = await exchangeOf('exchangingPlainly', { issuer: 'https://another.test' });
      expect(found).toMatchObject({ level: 'warning', message: expect.stringContaining('is not known') });
    });

    it('says what it cannot see: an issuer that publishes nothing, a clock that nobody told, and issuers of a source', async () => {
      const LOOKED_AT_KEYS = JSON.stringify(documents['/jwks']);
      const ran = await runCommand(argsOf('exchangingUnpublished', ['--json']), { ...env(), LOOKED_AT_KEYS });
      expect(findings(ran)).toMatchObject({
        'issuer.keys': 'ok',
        'issuer.exchange': 'warning',
        'issuer.source': 'warning',
        clock: 'warning',
        signing: 'warning',
      });
      expect(ran.code).toBe(0);
    });
  });

  it('asks for the keys of those whose Txn-Tokens a receiver believes', async () => {
    const keysOf = async () => {
      const { output } = await doctor('receiver', '--json');
      const { findings: all } = JSON.parse(output) as { findings: Finding[] };
      return all.filter(({ check }) => check === 'issuer.keys').map(({ level }) => level);
    };
    expect(await keysOf()).toEqual(['ok', 'error']);
    documents['/sealing-keys'] = documents['/jwks']!;
    expect(await keysOf()).toEqual(['ok', 'ok']);
  });

  it('tells what the application itself throws as a finding too, for a pipeline that reads JSON', async () => {
    const ran = await doctor('failing', '--json');
    expect(JSON.parse(ran.output)).toEqual({
      findings: [
        {
          check: 'boot',
          level: 'error',
          message: expect.stringMatching(/^The application does not start\. TypeError: Cannot read/),
        },
      ],
    });
    expect(ran.code).toBe(1);
  });

  it.each([
    [
      'lacks a package',
      "import 'not-installed-here';",
      /not-installed-here.*Install it: npm install not-installed-here/,
    ],
    ['is not built', "import './later.js';", /later\.js.*Build the application first/],
  ])('says what to do about an application that %s', async (_what, text, expected) => {
    const file = join(folder, 'unloadable.mjs');
    await writeFile(file, text);
    const { code, notes } = await runBinary(['doctor', '--app', `${file}#App`], env());
    expect([code, notes.replaceAll(/\s+/g, ' ')]).toEqual([2, expect.stringMatching(expected)]);
  });

  it('takes an application in a folder that has a number sign in its name', async () => {
    const file = join(folder, 'C#', 'empty.mjs');
    await mkdir(join(folder, 'C#'));
    await writeFile(file, 'export const other = 1;');
    const { code, notes } = await runCommand(['doctor', '--app', `${file}#App`], env());
    expect([code, notes]).toEqual([2, `${file} exports no "App". It exports: other.\n`]);
  });
});
