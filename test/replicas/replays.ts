import { createHash, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose';
import { newKeyPair } from '../../src/authorization-server/key-pair.js';
import { call } from './caller.js';
import { pooled } from './pooled.js';
import { type Replicas } from './start-replicas.js';

/** Each proof of possession (RFC 9449) is sent this often, at the same time, by way of the balancer. */
const SENT = 3;

/** A token that is bound to a key (RFC 9449), and what makes proofs with that key. */
export async function proofMaker(replicas: Replicas, sub: string) {
  const { publicKey, privateKey } = newKeyPair();
  const jwk = await exportJWK(publicKey);
  const token = replicas.token(sub, { cnf: { jkt: await calculateJwkThumbprint(jwk) } });
  const ath = createHash('sha256').update(token).digest('base64url');
  const proof = (): Promise<string> =>
    new SignJWT({ htm: 'POST', htu: `${replicas.url}/mcp`, ath })
      .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
      .setJti(randomUUID())
      .setIssuedAt()
      .sign(privateKey);
  return { token, proof };
}

/** @param count replays */
export async function replayProofs(replicas: Replicas, sub: string, count: number) {
  const { token, proof } = await proofMaker(replicas, sub);
  let [replays, replaysTaken, proofsRefused] = [0, 0, 0];
  await pooled(Array.from({ length: Math.ceil(count / (SENT - 1)) }), 16, async () => {
    const dpop = await proof();
    const answers = await Promise.all(
      Array.from({ length: SENT }, () => call(replicas.url, `DPoP ${token}`, { name: 'probe', headers: { dpop } })),
    );
    const taken = answers.filter(({ text }) => text === 'done').length;
    replays += SENT - 1;
    replaysTaken += Math.max(0, taken - 1);
    if (!taken) proofsRefused++;
  });
  return { replays, replaysTaken, proofsRefused };
}
