// Access tokens by every algorithm: each is let in under its own name, and under no other.
import { Buffer } from 'node:buffer';
import { many } from './calls.mjs';
import { Chapter, edited } from './chapter.mjs';
import { ALGORITHMS, keys } from './parties.mjs';

const chapter = new Chapter();
export default chapter;

const OWN = { ES256: keys.many256, ES384: keys.many384, ES512: keys.many512 };
const keyOf = alg => OWN[alg] ?? (alg.startsWith('Ed') ? keys.manyEdwards : keys.manyRsa);

for (const alg of ALGORITHMS)
  chapter.valid(`alg-${alg.toLowerCase()}`, `an access token signed by ${alg}`, many(keyOf(alg), alg));

const refused = (id, title, error, call, edit = () => {}) =>
  chapter.refused(id, `an access token ${title}`, error, edit, call);
/** Signed by one algorithm, under the name of another. */
const misnamed = (by, alg) =>
  refused(
    `alg-${by.toLowerCase()}-as-${alg.toLowerCase()}`,
    `signed by ${by} that says ${alg}`,
    'signature_invalid',
    many(keyOf(by), alg),
    call => void (call.access.by = by),
  );
misnamed('RS256', 'RS512');
misnamed('RS256', 'PS256');
misnamed('PS256', 'RS256');
misnamed('PS384', 'PS256');
refused('alg-of-another-curve', 'by a P-256 key that says ES384', 'key_unknown', many(keys.many256, 'ES384'));
refused('alg-edwards-with-ec-key', 'by a P-256 key that says EdDSA', 'key_unknown', many(keys.many256, 'EdDSA'));
refused(
  'kid-shared-by-another-key',
  'by the RS256 key of a kid that has another one for RS384',
  'signature_invalid',
  many(keys.sharedRs256, 'RS384'),
);
refused(
  'kid-shared-without-algorithm',
  'by a kid that has no key for RS512',
  'key_unknown',
  many(keys.sharedRs256, 'RS512'),
);
refused('rsa-1024', 'by an RSA key of 1024 bits', 'key_unknown', many(keys.manyShort, 'RS256'));

const bytes = edit => text => {
  const [header, claims, signature] = text.split('.');
  return [header, claims, edit(Buffer.from(signature, 'base64url')).toString('base64url')].join('.');
};
const zeros = length => () => Buffer.alloc(length);
const resigned = (id, title, alg, edit) =>
  refused(`alg-${id}`, title, 'signature_invalid', many(keyOf(alg), alg), edited('access', bytes(edit)));
resigned('ecdsa-zeros', 'whose ECDSA signature is all zeros', 'ES256', zeros(64));
resigned('ecdsa-short', 'whose ECDSA signature lacks its last byte', 'ES512', one => one.subarray(0, -1));
resigned('ecdsa-long', 'whose ECDSA signature has a byte too many', 'ES384', one =>
  Buffer.concat([one, Buffer.alloc(1)]),
);
resigned('ecdsa-swapped', 'whose ECDSA signature has s before r', 'ES256', one =>
  Buffer.concat([one.subarray(32), one.subarray(0, 32)]),
);
resigned('rsa-long', 'whose RSA signature begins with a zero byte too many', 'RS256', one =>
  Buffer.concat([Buffer.alloc(1), one]),
);
resigned('rsa-zeros', 'whose RSA signature is all zeros', 'PS256', zeros(256));
resigned('edwards-zeros', 'whose Ed25519 signature is all zeros', 'EdDSA', zeros(64));
resigned('edwards-short', 'whose Ed25519 signature lacks its last byte', 'Ed25519', one => one.subarray(0, -1));
