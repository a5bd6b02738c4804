import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.mjs';

const CHECK = `
import assert from 'node:assert/strict';
import { decide } from 'execution-identity';
import { CedarPolicyEngine } from 'nestjs-eie-cedar';

const policies = 'permit (principal in Role::"support", action == Action::"refund", resource);';
const policyEngine = { engine: new CedarPolicyEngine({ policies }), resource: 'https://mcp.test' };
const policy = { kind: 'protected', requirements: [{ kind: 'authenticated' }] };
const decided = async role => {
  const identity = {
    actor: { type: 'user', issuer: 'https://as.test', sub: 'alice' },
    agent: { type: 'mcp_agent', issuer: 'https://as.test', id: 'app', client_id: 'app', source: 'client', chain: [] },
    authorization: { scopes: [], roles: [role], confidence: 'verified' },
  };
  return (await decide(identity, policy, 'refund', { policyEngine }))?.code;
};
assert.equal(await decided('support'), undefined);
assert.equal(await decided('sales'), 'policy_denied');
assert.throws(() => new CedarPolicyEngine({ policies: 'permit' }), { name: 'EieConfigurationError' });
`;

/** An empty project that installs execution-identity and nestjs-eie-cedar, and decides by a policy. */
export async function checkCedar(folder, { core, cedar }) {
  await mkdir(folder);
  const dependencies = { 'execution-identity': `file:${core}`, 'nestjs-eie-cedar': `file:${cedar}` };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  const copies = await run('npm', ['ls', 'execution-identity', '--parseable', '--all'], folder);
  assert.equal(copies.trim(), join(folder, 'node_modules/execution-identity'), 'one copy, beside nestjs-eie-cedar');
  await writeFile(join(folder, 'check.mjs'), CHECK);
  await run(process.execPath, ['check.mjs'], folder);
}
