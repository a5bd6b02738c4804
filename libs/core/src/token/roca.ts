/** The odd primes up to 167, by which every vulnerable library constructs its keys. */
const PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
  127, 131, 137, 139, 149, 151, 157, 163, 167,
];
const GENERATOR = 65_537;

/** What the powers of 65537 leave when they are divided by a prime. */
function powersModulo(prime: number): ReadonlySet<number> {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * GENERATOR) % prime) powers.add(power);
  return powers;
}

/** Only primes by which a power of 65537 cannot leave every remainder tell something. */
const FINGERPRINT = PRIMES.map(prime => ({ prime: BigInt(prime), powers: powersModulo(prime) })).filter(
  ({ prime, powers }) => powers.size < Number(prime) - 1,
);

/**
 * Whether an RSA modulus has the fingerprint of ROCA (CVE-2017-15361): its factors are `k * M + 65537^a mod M`, with M the product of
 * the first primes, so that it is a power of 65537 modulo each of them. Such a key can be factored. One other key in about 240 million
 * has the fingerprint by chance.
 *
 * @param n of a JWK (RFC 7518 §6.3.1.1)
 */
export function isRoca(n: string): boolean {
  const modulus = BigInt(`0x0${Buffer.from(n, 'base64url').toString('hex')}`);
  return FINGERPRINT.every(({ prime, powers }) => powers.has(Number(modulus % prime)));
}
