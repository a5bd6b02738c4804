import { checkPrimeSync, type JsonWebKey } from 'node:crypto';

/** Odd primes up to 167: as many as the fingerprint of a ROCA key is read from. */
const PRIMES = Array.from({ length: 167 }, (_, i) => i + 1).filter(n => n > 2 && isPrime(n));
const M = PRIMES.reduce((product, prime) => product * BigInt(prime), 2n);
const E = 65_537n;

/** A private RSA key of 2048 bits as a flawed chip has made it (CVE-2017-15361): `k * M + 65537^a mod M`. */
export function rocaKey(): JsonWebKey {
  const [p, q] = [vulnerablePrime(1_000_003n), vulnerablePrime(2_000_029n)];
  const d = inverse(E, (p - 1n) * (q - 1n));
  const members = { n: p * q, e: E, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
  return {
    kty: 'RSA',
    ...Object.fromEntries(Object.entries(members).map(([name, value]) => [name, base64url(value)])),
  };
}

function vulnerablePrime(a: bigint): bigint {
  const rest = power(E, a, M);
  for (let k = (3n << 1022n) / M + 1n; ; k++) if (checkPrimeSync(k * M + rest)) return k * M + rest;
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, factor] = [1n, base % modulus];
  for (let rest = exponent; rest; rest >>= 1n, factor = (factor * factor) % modulus)
    if (rest & 1n) result = (result * factor) % modulus;
  return result;
}

/** By the extended algorithm of Euclid. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [rest, next, found, following] = [modulus, value % modulus, 0n, 1n];
  while (next) {
    const times = rest / next;
    [rest, next] = [next, rest - times * next];
    [found, following] = [following, found - times * following];
  }
  return ((found % modulus) + modulus) % modulus;
}

function base64url(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
}

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false;
  return true;
}
