// A process that holds keys and signs for another one: what a KMS or a module with keys is to a server.
import { generateKeyPairSync, sign } from 'node:crypto';

const keys = {
  envelope: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  client_assertion: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

process.on('message', ({ id, purpose, bytes }) => {
  const signature = sign('sha256', bytes, { key: keys[purpose].privateKey, dsaEncoding: 'ieee-p1363' });
  process.send({ id, signature });
});
process.send(
  Object.fromEntries(Object.entries(keys).map(([name, { publicKey }]) => [name, publicKey.export({ format: 'jwk' })])),
);
