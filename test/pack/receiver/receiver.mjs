import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root, run, runLoudly } from '../run.mjs';

/** The service, from the folder of the tests as from the one of the project. */
const SERVICE = 'pack/receiver/service.mjs';

/** An empty project that installs execution-identity alone, and gets nothing else but jose with it. */
export async function installReceiver(folder, tarball) {
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const { stderr } = await runLoudly('npm', ['install', '--no-audit', '--no-fund', tarball], folder);
  assert.equal(stderr, '', 'npm warns when execution-identity alone is installed');
  const installed = (await readdir(join(folder, 'node_modules'))).filter(name => !name.startsWith('.'));
  assert.deepEqual(installed.sort(), ['execution-identity', 'jose']);
  await cp(join(root, 'test/vectors'), join(folder, 'vectors'), { recursive: true });
  await cp(join(root, 'test', SERVICE), join(folder, SERVICE));
  return folder;
}

/** Every test vector, and one delegated call over real HTTP, by what is installed there. */
export async function checkReceiver(folder) {
  const { vectors, asExpected } = JSON.parse(await run(process.execPath, ['vectors/vectors.mjs', '--json'], folder));
  assert.ok(vectors > 0);
  assert.equal(asExpected, vectors);

  const service = spawn(process.execPath, [SERVICE], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(service, 'exit');
  try {
    const [url] = await once(createInterface(service.stdout), 'line');
    const [{ headers, expect }] = JSON.parse(await readFile(join(folder, 'vectors/valid.json'), 'utf8')).vectors;
    const call = async credentials => {
      const response = await fetch(url, { headers: credentials });
      return response.ok ? response.json() : response.status;
    };
    const credentials = Object.entries(headers).map(([name, [value]]) => [name, value]);
    assert.deepEqual(await call(credentials), expect.identity);
    for (const one of credentials) assert.equal(await call([one]), 401, `${one[0]} alone is believed`);
    return vectors;
  } finally {
    service.kill('SIGKILL');
    await exited;
  }
}
