import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileAuditLog, recordsOf } from 'execution-identity';
import { randomFrom } from '../../hostile/random.mjs';
import { startIssuers } from '../../hostile/issuers.mjs';

const APPLICATION = fileURLToPath(new URL('application-process.mjs', import.meta.url));
const CLIENTS = 16;
/** Milliseconds from the first effect of an application until it is killed. */
const LONGEST = 500;
/** Milliseconds until its first effect. */
const LONGEST_START = 60_000;

/**
 * Kills an application under requests whose handler has an effect at an API in this process. Every effect that the API has seen must have its intent on
 * the audit log, and every answer that a client got its outcome.
 */
export async function killApplications(kills, seed) {
  const directory = await mkdtemp(join(tmpdir(), 'eie-effects-'));
  const issuers = await startIssuers();
  const effects = new Set();
  const api = createServer((request, response) => {
    effects.add(request.url.slice(1));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');
  const random = randomFrom(seed);
  const result = { kills: 0, effects: 0, answers: 0, effectsWithoutIntent: 0, unfinished: 0 };
  try {
    const address = `http://127.0.0.1:${api.address().port}`;
    for (; result.kills < kills; result.kills++)
      result.answers += await killOnce({
        directory,
        issuers,
        api: address,
        // A busy machine takes longer until there is one.
        moment: once(api, 'request', { signal: AbortSignal.timeout(LONGEST_START) }).then(() =>
          sleep(random.below(LONGEST)),
        ),
      });
    const log = new FileAuditLog({ directory, instance: 'killed' });
    await log.open();
    await log.close();
    const intents = new Set();
    for await (const record of recordsOf(join(directory, 'killed'))) {
      if (record.type === 'execution.intent') intents.add(record.envelope_id);
      if (record.outcome === 'unknown') result.unfinished += 1;
    }
    result.effects = effects.size;
    result.effectsWithoutIntent = [...effects].filter(id => !intents.has(id)).length;
  } finally {
    issuers.close();
    api.close();
    api.closeAllConnections();
    await rm(directory, { recursive: true, force: true });
  }
  return result;
}

/** @param moment when it is killed */
async function killOnce({ directory, issuers, api, moment }) {
  const child = fork(APPLICATION);
  const ended = once(child, 'exit');
  child.send({ issuers: issuers.options, directory, api });
  const [{ port }] = await once(child, 'message');
  const token = issuers.acme.sign(issuers.acme.claims());
  let [answers, isRunning] = [0, true];
  const client = async () => {
    while (isRunning) {
      try {
        const response = await fetch(`http://127.0.0.1:${port}/orders`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}` },
        });
        if (response.status !== 201) throw new Error(`a good request was answered ${response.status}`);
        answers += 1;
      } catch (error) {
        if (isRunning && error.message.startsWith('a good')) throw error;
        if (isRunning) await sleep(1);
      }
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  await Promise.race([moment, clients]);
  isRunning = false;
  child.kill('SIGKILL');
  await ended;
  await clients;
  return answers;
}
