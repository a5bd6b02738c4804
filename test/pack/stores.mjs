import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.mjs';

const CHECK = `
import assert from 'node:assert/strict';
import { DelegatedTokenStore, ReplayStore, RevocationStore } from 'execution-identity';
import { migrate, postgresStores } from 'nestjs-eie-postgres';
import { redisStores } from 'nestjs-eie-redis';
import pg from 'pg';
import { createClient } from 'redis';

// Nothing listens there: what needs the store is refused.
const client = createClient({ url: 'redis://127.0.0.1:9', disableOfflineQueue: true, commandsQueueMaxLength: 1 });
const pool = new pg.Pool({ host: '127.0.0.1', port: 9, user: 'nobody' });
const delegatedTokens = { secrets: ['s'.repeat(32)] };
for (const stores of [redisStores({ client, delegatedTokens }), postgresStores({ pool, delegatedTokens })]) {
  const { replay, revocation } = stores;
  assert.ok(replay instanceof ReplayStore && revocation instanceof RevocationStore);
  assert.ok(stores.delegatedTokens.store instanceof DelegatedTokenStore);
  await assert.rejects(stores.delegatedTokens.store.get('place'));
  await assert.rejects(replay.take('id', 2_000_000_000, 1_999_999_990));
}
await assert.rejects(migrate(pool), { code: 'ECONNREFUSED' });
process.exit();
`;

/** An empty project that installs execution-identity and the stores that instances share, with their clients. */
export async function checkStores(folder, { core, postgres, redis }) {
  await mkdir(folder);
  const dependencies = {
    'execution-identity': `file:${core}`,
    'nestjs-eie-postgres': `file:${postgres}`,
    'nestjs-eie-redis': `file:${redis}`,
    pg: '^8.16.0',
    redis: '^6.0.0',
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  const copies = await run('npm', ['ls', 'execution-identity', '--parseable', '--all'], folder);
  assert.equal(copies.trim(), join(folder, 'node_modules/execution-identity'), 'one copy, beside the stores');
  await writeFile(join(folder, 'check.mjs'), CHECK);
  await run(process.execPath, ['check.mjs'], folder);
}
