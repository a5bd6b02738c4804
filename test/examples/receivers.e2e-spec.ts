import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.js';
import { until } from '../support/until.js';
import { type ReceiverShop, startReceiverShop } from './receiver-shop.js';

const root = new URL('../../', import.meta.url);
const EXAMPLES = ['receiver-node', 'receiver-express', 'receiver-fastify'];
const textOf = (file: string): string => readFileSync(new URL(file, root), 'utf8');

describe('the README of execution-identity', () => {
  it.each([...EXAMPLES.map(name => `examples/${name}/main.mjs`), 'examples/receiver-node/policy.mjs'])(
    'quotes %s as it is',
    file => {
      expect(textOf('libs/core/README.md')).toContain(`<!-- ${file} -->\n\`\`\`js\n${textOf(file)}\`\`\``);
    },
  );
});

describe.each(EXAMPLES)('the example %s', name => {
  let around: ReceiverShop;
  let service: ChildProcess;
  let url: string;
  let shop: string;

  beforeAll(async () => {
    around = await startReceiverShop();
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const loader = fileURLToPath(new URL('test/support/typescript-loader.mjs', root));
    service = spawn(process.execPath, ['--import', loader, fileURLToPath(new URL(`examples/${name}/main.mjs`, root))], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, PORT: String(port), ...around.variables },
    });
    await until(() =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    );
    shop = await around.caller(url);
  });
  afterAll(async () => {
    service?.kill('SIGKILL');
    await around?.close();
  });

  it('believes the same as the others', () => {
    expect(textOf(`examples/${name}/policy.mjs`)).toBe(textOf('examples/receiver-node/policy.mjs'));
  });

  it('lets a delegated call in, and says who acts', async () => {
    const headers = { authorization: `Bearer ${around.world.userToken()}` };
    const answer = await fetch(`${shop}/call`, { headers });
    expect(await answer.json()).toEqual({ user: 'alice', agent: 'agent-desk-copilot' });
  });

  it('refuses a call without credentials, and one with a forged Txn-Token', async () => {
    expect((await fetch(url)).status).toBe(401);
    const forged = { authorization: `Bearer ${around.world.userToken()}`, 'txn-token': 'e30.e30.c2ln' };
    expect((await fetch(url, { headers: forged })).status).toBe(401);
  });
});
