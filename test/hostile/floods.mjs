import { createHash, randomUUID } from 'node:crypto';
import { Connection } from './connection.mjs';
import { base64url, signature } from './issuers.mjs';
import { bearer, bytesOf } from './requests/requests.mjs';
import { startServerProcess } from './server.mjs';
import { newKeyPair } from '../support/new-key-pair.mjs';

/** How much longer another user may wait, of a hundred requests the slowest one. */
export const MOST = 1.5;
/** A busy machine makes one measurement worse, never better: the best of these counts. */
const TIMES = 3;
const CONNECTIONS = 24;
/** Requests. The compiler needs as many. */
const WARM_UP = 8_000;

const HTU = 'https://mcp.shop.test/orders';

/** Many parties at their worst, one after the other, and what each leaves to another user. */
const FLOODS = [
  { name: 'anonymous clients', parties: 10_000, quickly: 2_000, run: anonymousClients },
  { name: 'principals at their limit', parties: 10_000, quickly: 1_000, run: principalsAtTheirLimit },
  { name: 'revocations', parties: 9_999, quickly: 9_999, run: revocations },
];

/**
 * Floods one server and leaves a second one in peace, then sends both the same requests of a user who has nothing to do with the flood,
 * in turns. The times are those in the server: what its memory of the flood costs, and not the queue before it.
 */
export async function measureFloods(issuers, isQuick) {
  const [calm, flooded] = await Promise.all([1, 2].map(() => startServerProcess(issuers.options)));
  const world = { ...issuers, key: newKeyPair() };
  const rows = [];
  try {
    // Both as far compiled: a flood would warm up one of them alone.
    for (const server of [calm, flooded]) await warmUp(world, server);
    for (const { name, parties, quickly, run } of FLOODS) {
      const count = isQuick ? quickly : parties;
      const came = await run(world, flooded, count);
      let best;
      for (let i = 0; i < TIMES && !(best?.ratio <= MOST); i++) {
        const measured = await compare(world, calm, flooded, isQuick ? 3 : 9);
        if (!best || measured.ratio < best.ratio) best = measured;
      }
      rows.push({ flood: name, parties: count, ...came, ...best });
    }
  } finally {
    await Promise.all([calm.close(), flooded.close()]);
  }
  return rows;
}

export const isFair = rows =>
  rows.every(({ ratio, unanswered, asExpected }) => ratio <= MOST && !unanswered && asExpected);

async function warmUp({ acme }, server) {
  const token = acme.sign(acme.claims({ sub: 'user-0' }));
  await sendAll(server, WARM_UP, () => [bearer(token)]);
}

async function anonymousClients({ mallory, acme }, server, parties) {
  const statuses = await sendAll(server, parties, i => {
    const claims = { ...acme.claims({ sub: `nobody-${i}` }), iss: i % 2 ? acme.url : `https://login-${i}.test` };
    return [bearer(mallory.sign(claims))];
  });
  return { asExpected: statuses.every(status => status === 401) };
}

/** Each uses up what it may have of proofs that are remembered. Another user's proof is still taken. */
async function principalsAtTheirLimit(world, server, parties) {
  const jwk = world.key.publicKey.export({ format: 'jwk' });
  const { kty, crv, x, y } = jwk;
  const jkt = sha256(JSON.stringify({ crv, kty, x, y }));
  const tokenOf = sub => world.acme.sign(world.acme.claims({ sub, cnf: { jkt } }));
  const proving = token => [
    ['Authorization', `DPoP ${token}`],
    ['DPoP', proofOf(token, jwk, world.key)],
  ];
  let limited = 0;
  await inParallel(
    parties,
    async (connection, i) => {
      const token = tokenOf(`party-${i}`);
      for (let status = 200; status === 200;) ({ status } = await ask(connection, proving(token)));
      limited++;
    },
    server,
  );
  const another = new Connection(server.port);
  const { status } = await ask(another, proving(tokenOf('somebody else')));
  another.close();
  await server.take();
  return { asExpected: limited === parties && status === 200 };
}

async function revocations(_world, server, parties) {
  await server.purge(parties);
  return { asExpected: true };
}

async function compare({ acme }, calm, flooded, blocks) {
  const token = acme.sign(acme.claims({ sub: 'user-0' }));
  const [undisturbed, disturbed] = [[], []];
  let unanswered = 0;
  const measure = async (server, into) => {
    const connection = new Connection(server.port);
    for (let i = 0; i < 300; i++) {
      const { status } = await ask(connection, [bearer(token)]);
      if (status !== 200) unanswered++;
    }
    connection.close();
    const { total } = await server.take();
    const times = Object.values(total).sort((one, other) => one - other);
    into.push(times[Math.floor(times.length * 0.99)]);
  };
  await measure(calm, []);
  await measure(flooded, []);
  for (let i = 0; i < blocks; i++) {
    await measure(calm, undisturbed);
    await measure(flooded, disturbed);
  }
  const p99Ms = { undisturbed: median(undisturbed), disturbed: median(disturbed) };
  return { p99Ms, ratio: Number((p99Ms.disturbed / p99Ms.undisturbed).toFixed(2)), unanswered };
}

async function sendAll(server, count, headersOf) {
  const statuses = [];
  await inParallel(
    count,
    async (connection, i) => statuses.push((await ask(connection, headersOf(i)))?.status),
    server,
  );
  await server.take();
  return statuses;
}

async function inParallel(count, work, server) {
  let next = 0;
  const one = async () => {
    const connection = new Connection(server.port);
    while (next < count) await work(connection, next++);
    connection.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
}

let sent = 0;
const ask = async (connection, headers) =>
  (await connection.send(bytesOf({ headers }, (++sent).toString(16).padStart(32, 'f')), 'GET')) ?? { status: 0 };

function proofOf(token, jwk, key) {
  const header = { alg: 'ES256', typ: 'dpop+jwt', jwk };
  const claims = { htm: 'GET', htu: HTU, jti: randomUUID(), iat: Math.floor(Date.now() / 1000), ath: sha256(token) };
  const input = `${base64url(header)}.${base64url(claims)}`;
  return `${input}.${signature(input, { ...key, alg: 'ES256' })}`;
}

const sha256 = text => createHash('sha256').update(text).digest('base64url');

const median = values => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
