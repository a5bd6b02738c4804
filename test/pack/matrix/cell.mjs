import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { callWhoami, challengesWithoutToken } from '../answers.mjs';
import { compile, makeProject, startApplication } from '../application.mjs';
import { root } from '../run.mjs';

const SOURCE = 'test/pack/matrix/application.ts';

/** Compiles the application of the matrix as `module` or as `commonjs`, in a folder below the one with the packages. */
export async function compileAs(project, type) {
  const folder = join(project, `matrix-${type}`);
  await makeProject(folder, { private: true, type });
  await cp(join(root, SOURCE), join(folder, 'src/main.ts'));
  await compile(folder);
  return folder;
}

/**
 * Starts the application once, under one Node, and asks it: a tool and an HTTP handler, with a token, without one and
 * with one that lacks the scope. What does not hold is false, and `why` says the first thing that did not.
 */
export async function checkCell({ folder, adapter, node, version, issuer }) {
  const held = { boots: false, answers: false, refuses: false };
  let application;
  try {
    application = await startApplication(folder, issuer, { ADAPTER: adapter, NODE_ENV: 'test' }, node);
    held.boots = true;
    await answersWithToken(application.url, issuer, version);
    held.answers = true;
    await refusesOthers(application.url, issuer);
    held.refuses = true;
    return held;
  } catch (error) {
    return { ...held, why: `${error.message}\n${application?.output() ?? ''}`.trim() };
  } finally {
    await application?.stop();
  }
}

async function answersWithToken(url, issuer, version) {
  const token = await issuer.accessToken(url, 'profile:read');
  const tool = await callWhoami(url, token);
  assert.ok(tool.result, `whoami was refused: ${tool.error}`);
  assert.match(JSON.stringify(tool.result.content), /alice/);
  const response = await profile(url, token);
  assert.equal(response.status, 200, 'the HTTP handler refuses a good token');
  assert.deepEqual(await response.json(), { user: 'alice', node: version });
}

async function refusesOthers(url, issuer) {
  await challengesWithoutToken(url);
  assert.equal((await profile(url)).status, 401, 'the HTTP handler answers without a token');
  const narrow = await issuer.accessToken(url, 'profile:other');
  assert.equal((await callWhoami(url, narrow)).statuses.at(-1), 403, 'whoami runs without its scope');
  assert.equal((await profile(url, narrow)).status, 403, 'the HTTP handler answers without its scope');
}

const profile = (url, token) =>
  fetch(new URL('/profile', url), { headers: token ? { authorization: `Bearer ${token}` } : {} });
