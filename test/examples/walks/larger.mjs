import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { answerOf, callTool, refusedBy } from '../call.mjs';

export async function mcpToMcp(stage) {
  await stage.environment({});
  const [token] = await stage.lines('start:issuer', 1);
  const [shop, delivery] = await Promise.all([
    stage.start('start:shop', 'http://localhost:3000/mcp'),
    stage.start('start:delivery', 'http://localhost:3001/mcp'),
  ]);
  const parcel = 'P-1';
  return {
    answers: async () =>
      assert.deepEqual(answerOf(await callTool(shop, token, 'track_delivery', { parcel })), {
        parcel,
        arrives: 'tomorrow',
        for: 'alice',
        agent: 'shop-mcp',
        chain: ['shop-mcp', 'desk-agent'],
      }),
    // The token of one server opens no other.
    refuses: async () => refusedBy(await callTool(delivery, token, 'estimate', { parcel }), 401),
  };
}

export async function multiTenant(stage) {
  await stage.environment({});
  const lines = await stage.lines('start:issuers', 4);
  const [acme, acmeLies, globex, globexLies] = lines.map(line => line.split(': ')[1]);
  const url = await stage.start('start', 'http://localhost:3000/mcp');
  const whoami = token => callTool(url, token, 'whoami');
  return {
    answers: async () => {
      assert.deepEqual(answerOf(await whoami(acme)), { user: 'alice@acme', tenant: 'acme' });
      assert.deepEqual(answerOf(await whoami(globex)), { user: 'alice@globex', tenant: 'globex' });
    },
    refuses: async () => {
      for (const token of [acmeLies, globexLies]) refusedBy(await whoami(token), 401);
      // One that is no customer's.
      const stranger = await stage.issuer();
      refusedBy(await whoami(await stranger.token({ sub: 'mallory', tenant: 'acme' })), 401);
    },
  };
}

/** Its tests are run by its own runner. One of them is about refusals. */
export async function vitest(stage) {
  const results = await new Promise(resolve => {
    const program = join(stage.packages, 'node_modules/vitest/vitest.mjs');
    const settings = { cwd: stage.folder, env: stage.inherited(), maxBuffer: 2 ** 26 };
    execFile(process.execPath, [program, 'run', '--reporter=json'], settings, (_error, stdout, stderr) =>
      resolve({ stdout, stderr }),
    );
  });
  const report = results.stdout.slice(results.stdout.indexOf('{'));
  assert.ok(report, results.stderr);
  const tests = JSON.parse(report).testResults.flatMap(({ assertionResults }) => assertionResults);
  const passed = pattern => {
    const those = tests.filter(({ title }) => pattern.test(title));
    assert.ok(those.length, `no test is called ${pattern}`);
    for (const { status, failureMessages } of those) assert.equal(status, 'passed', failureMessages.join('\n'));
  };
  return { answers: async () => passed(/^(?!refuses)/), refuses: async () => passed(/^refuses/) };
}
