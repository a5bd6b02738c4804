import { checkPrimeSync } from 'node:crypto';
import { KeySet } from './jwk-set.js';
import { proofKey } from './proof-key.js';
import { isRoca } from './roca.js';
import { newKeyPair } from '../key-pair.js';

const base64url = (value: bigint): string => {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
};

/** The product of the first 126 primes, as RSAlib of Infineon has it for keys of 1984 to 2048 bits ("The Return of Coppersmith's Attack", §2). */
const M = firstPrimes(126).reduce((product, prime) => product * BigInt(prime), 1n);

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let next = 2; primes.length < count; next++) if (primes.every(prime => next % prime)) primes.push(next);
  return primes;
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, factor] = [1n, base % M];
  for (let rest = exponent; rest; rest >>= 1n, factor = (factor * factor) % M)
    if (rest & 1n) result = (result * factor) % M;
  return result;
}

/** A prime of 1024 bits of the form `k * M + 65537^a mod M`. */
function vulnerablePrime(seed: bigint): bigint {
  const least = (3n << 1022n) / M;
  for (let k = least + 1n, a = seed; ; k++, a += 7n) {
    const candidate = k * M + power(65_537n, a);
    if (candidate < 1n << 1024n && checkPrimeSync(candidate)) return candidate;
  }
}

const vulnerable = { kty: 'RSA', e: 'AQAB', n: base64url(vulnerablePrime(1_000_003n) * vulnerablePrime(2_000_029n)) };

describe('a key that an affected chip has made (ROCA)', () => {
  it('is recognised by its modulus', () => {
    expect(isRoca(vulnerable.n)).toBe(true);
  });

  it('is no key of an issuer, and does not cost it the others', () => {
    expect(Buffer.from(vulnerable.n, 'base64url')).toHaveLength(256);
    expect(KeySet.from({ keys: [{ ...vulnerable, kid: 'roca' }] })).toBeUndefined();
    const { publicKey } = newKeyPair('rsa', { modulusLength: 2048 });
    const keys = KeySet.from({
      keys: [
        { ...vulnerable, kid: 'roca' },
        { ...publicKey.export({ format: 'jwk' }), kid: 'r' },
      ],
    })!;
    expect(keys.select({ alg: 'RS256', kid: 'roca' })).toBeUndefined();
    expect(keys.select({ alg: 'RS256', kid: 'r' })).toBeDefined();
  });

  it('is no key of a proof of possession', () => {
    expect(proofKey(vulnerable, 'RS256')).toBeUndefined();
    const { publicKey } = newKeyPair('rsa', { modulusLength: 2048 });
    expect(proofKey(publicKey.export({ format: 'jwk' }), 'RS256')).toBeDefined();
  });

  it('is not mistaken for one that any other library has made', () => {
    for (const modulusLength of [2048, 2048, 2048, 3072, 4096]) {
      const { publicKey } = newKeyPair('rsa', { modulusLength });
      expect(isRoca(publicKey.export({ format: 'jwk' }).n as string)).toBe(false);
    }
  });
});
