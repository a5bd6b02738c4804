import { createHash, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { skip, unmet } from '../outcome.mjs';
import { rfc } from '../references.mjs';
import { ownKey } from '../tokens/jws.mjs';
import { takesDpop } from './claims.mjs';

const now = () => Math.floor(Date.now() / 1000);

/** A token that is bound to a key of this client, and what makes a proof for a POST to the server. */
async function boundToken(subject) {
  if (!(await takesDpop(subject))) skip('the server does not say that it takes DPoP');
  const key = ownKey('ES256');
  const token = await subject.tokens.signed({ cnf: { jkt: await calculateJwkThumbprint(key.jwk) } });
  const url = new URL(subject.resource).origin + new URL(subject.url).pathname;
  const claims = () => ({
    jti: randomUUID(),
    iat: now(),
    htm: 'POST',
    htu: url,
    ath: createHash('sha256').update(token).digest('base64url'),
  });
  return {
    url,
    proof: (changes = {}, { header = {}, by = key } = {}) =>
      by.sign({ typ: 'dpop+jwt', jwk: by.jwk, ...header }, { ...claims(), ...changes }),
    credential: (...proofs) => [['authorization', `DPoP ${token}`], ...proofs.map(proof => ['dpop', proof])],
  };
}

export const checks = [
  {
    id: 'server-auth-dpop-accepted',
    name: 'DpopAccepted',
    level: 'MUST',
    description: 'A server that says it takes DPoP takes a bound token with its proof',
    specReferences: [rfc(9449, '7.1')],
    async run(subject) {
      const { proof, credential } = await boundToken(subject);
      for (const era of await subject.eras()) {
        const { answer, outcome } = await subject.probe(era, credential(proof()));
        if (outcome !== 'ran') unmet(`${era}: answered ${answer.status}`);
      }
    },
  },
  {
    id: 'server-auth-dpop-proof-401',
    name: 'WrongDpopProofRefused',
    level: 'MUST',
    description: 'A bound token without its proof, or with one of another key, request, token or time, is answered 401',
    specReferences: [rfc(9449, '4.3'), rfc(9449, '7.1')],
    async run(subject) {
      const { url, proof, credential } = await boundToken(subject);
      return subject.refuses({
        'no proof': credential(),
        'two proofs': credential(proof(), proof()),
        'another key': credential(proof({}, { by: ownKey('ES256') })),
        'another method': credential(proof({ htm: 'GET' })),
        'another URL': credential(proof({ htu: `${url}/other` })),
        'another token': credential(proof({ ath: createHash('sha256').update('another').digest('base64url') })),
        'no token': credential(proof({ ath: undefined })),
        'an hour old': credential(proof({ iat: now() - 3600 })),
        'another type': credential(proof({}, { header: { typ: 'JWT' } })),
      });
    },
  },
  {
    id: 'server-auth-dpop-replay-401',
    name: 'DpopReplayRefused',
    level: 'SHOULD',
    description: 'A proof that has been used is answered 401',
    specReferences: [rfc(9449, '11.1')],
    async run(subject) {
      const { proof, credential } = await boundToken(subject);
      const [era] = await subject.eras();
      const used = credential(proof());
      if ((await subject.probe(era, used)).outcome !== 'ran') skip('the proof is not taken once');
      const { answer } = await subject.probe(era, used);
      if (answer.status !== 401) unmet(`the second request was answered ${answer.status}`);
    },
  },
];
