import { createHash, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { MemoryReplayStore } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application, type Running, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, refused, viewsOf } from '../parts.js';

const { privateKey, publicKey } = await generateKeyPair('ES256');
const jwk = await exportJWK(publicKey);
const jkt = await calculateJwkThumbprint(jwk);

const boundToken = ({ world }: Stage, sub = 'alice') => world.userToken({ sub, claims: { cnf: { jkt } } });

const proofOf = (token: string, path: string) =>
  new SignJWT({
    htm: 'GET',
    htu: `https://mcp.shop.test${path}`,
    jti: randomUUID(),
    ath: createHash('sha256').update(token).digest('base64url'),
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
    .setIssuedAt()
    .sign(privateKey);

async function read({ send }: Running, token: string, path = '/accounts/me') {
  return send(path, { headers: { authorization: `DPoP ${token}`, dpop: await proofOf(token, path) } });
}

/** Proofs that are remembered at most, of all users. */
const PROOFS = 40;

export const application: Application = {
  name: 'tokens that are bound to a key of the client',
  start: stage =>
    startAccounts(stage, {
      options: { ports: { replay: new MemoryReplayStore(PROOFS) } },
      prepare: app =>
        void app.use((request: object, _response: unknown, next: () => void) => {
          stage.see('by a middleware, of a bound token', viewsOf(request));
          next();
        }),
    }),
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    answers('a client proves its key', () => read(running, boundToken(stage)), 'alice'),
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    refused(2, 'a bound token is enough', () => running.send('/accounts/me', bearer(boundToken(stage)))),
    refused(2, 'a proof is used twice', async () => {
      const token = boundToken(stage, 'user-1');
      const headers = { authorization: `DPoP ${token}`, dpop: await proofOf(token, '/accounts/me') };
      await running.send('/accounts/me', { headers });
      return running.send('/accounts/me', { headers });
    }),
    refused(3, 'a proof for another path is enough', async () => {
      const token = boundToken(stage, 'user-2');
      const dpop = await proofOf(token, '/accounts/me');
      return running.send('/accounts/balance', { headers: { authorization: `DPoP ${token}`, dpop } });
    }),
    {
      promise: 1,
      name: 'a handler reads a bound token, or its proof',
      async run() {
        const token = boundToken(stage, 'user-3');
        const { text } = await read(running, token, '/accounts/request');
        return text.includes(token) || /dpop/i.test(text) ? text.slice(0, 100) : undefined;
      },
    },
    {
      promise: 5,
      name: 'a user takes the place of all others, whose calls are refused and not recorded as theirs',
      async run() {
        const mine = boundToken(stage, 'user-4');
        for (let calls = 0; calls < PROOFS; calls++) await read(running, mine);
        const before = stage.auditLog.events.length;
        const { status, text } = await read(running, boundToken(stage, 'user-5'));
        const [record] = stage.auditLog.events.slice(before);
        return status === 200 && record?.actor_sub === 'user-5' ? undefined : `${status}: ${text}`;
      },
    },
  ],
};
