/** The response of either adapter. */
interface NamedHeaders {
  header(name: string, value: string): unknown;
  getHeader(name: string): number | string | string[] | undefined;
}

/**
 * Gives a client the nonce for its next proofs (RFC 9449 §8.2, §9), whatever the answer will be. A page may read it; the answer is not to be
 * cached, unless the application says so.
 */
export function offerNonce(response: NamedHeaders, nonce: string): void {
  const exposed = [response.getHeader('Access-Control-Expose-Headers') ?? [], 'DPoP-Nonce'].flat();
  response.header('DPoP-Nonce', nonce);
  response.header('Access-Control-Expose-Headers', exposed.join(', '));
  response.header('Cache-Control', 'no-store');
}
