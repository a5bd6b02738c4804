// A process that holds keys and signs for another one: what a KMS or a module with keys is to a server.
import { sign } from 'node:crypto';
import { newKeyPair } from './new-key-pair.mjs';

const keys = {
  envelope: newKeyPair(),
  client_assertion: newKeyPair('rsa', { modulusLength: 2048 }),
};

process.on('message', ({ id, purpose, bytes }) => {
  const signature = sign('sha256', bytes, { key: keys[purpose].privateKey, dsaEncoding: 'ieee-p1363' });
  process.send({ id, signature });
});
process.send(
  Object.fromEntries(Object.entries(keys).map(([name, { publicKey }]) => [name, publicKey.export({ format: 'jwk' })])),
);
