import { randomUUID } from 'node:crypto';
import { skip } from '../outcome.mjs';
import { decoded } from './jws.mjs';

const HOUR = 3600;
const now = () => Math.floor(Date.now() / 1000);

/** What a token for each role says otherwise than a valid one, whatever the server. */
const CHANGES = {
  valid: () => ({}),
  otherAudience: () => ({ aud: 'https://other.example/mcp' }),
  foreignIssuer: () => ({ iss: 'https://issuer.example' }),
  expired: lifetime => ({ iat: now() - HOUR - lifetime, exp: now() - HOUR }),
  notYetValid: lifetime => ({ iat: now() + HOUR, nbf: now() + HOUR, exp: now() + HOUR + lifetime }),
  noExpiry: () => ({ exp: undefined }),
  keyBound: () => ({ cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } }),
};

/** Those that depend on the server: the config says how their claims differ. */
export const CONFIGURED_ROLES = ['secondUser', 'missingScope', 'broaderScope'];
export const ROLES = [...Object.keys(CHANGES), ...CONFIGURED_ROLES, 'expiredMissingScope', 'idToken'];

/** Where the tokens of a run come from: given as they are, by role, or made with the key of a trusted issuer. */
export class Tokens {
  #given;
  #sign;
  #resource;
  #made = new Map();

  /** @param sign `{ signer, claims, lifetime, roles }`, where roles are changes of claims */
  constructor({ given = {}, sign, publicKey, resource }) {
    this.#given = given;
    this.#sign = sign;
    this.#resource = resource;
    this.publicJwk = sign?.signer.publicJwk ?? publicKey;
  }

  /** Whether there are any: without, only what needs no token can be checked. */
  get hasValid() {
    return Boolean(this.#sign ?? this.#given.valid);
  }

  /** Whether any token can be made; otherwise only those that were given can be used. */
  get canSign() {
    return this.#sign !== undefined;
  }

  /** Whether there is a token for a role, or can be. */
  async has(role) {
    return this.of(role).then(
      () => true,
      () => false,
    );
  }

  /** The same token each time it is asked for. */
  async of(role) {
    if (this.#given[role] !== undefined) return this.#given[role];
    if (!this.#sign) skip(`the config has neither a token "${role}" nor a signing key`);
    if (!this.#made.has(role)) this.#made.set(role, await this.signed(this.#changesOf(role)));
    return this.#made.get(role);
  }

  /** A token of the trusted issuer that says something else, in its claims or its header. */
  async signed(claims = {}, header = {}) {
    if (!this.#sign) skip('the config has no signing key, and this token has to be signed by a trusted one');
    const { signer, claims: template, lifetime } = this.#sign;
    return signer.sign({ ...template, jti: randomUUID(), iat: now(), exp: now() + lifetime, ...claims }, header);
  }

  /** Header and claims that would be accepted, were they signed by the trusted issuer; made up where there is no JWT to go by. */
  async template() {
    const valid = this.hasValid ? decoded(await this.of('valid')) : undefined;
    if (valid) return valid;
    const claims = {
      iss: 'https://issuer.example',
      aud: this.#resource,
      sub: 'somebody',
      client_id: 'a-client',
      iat: now(),
      exp: now() + HOUR,
    };
    return { header: { alg: 'RS256', typ: 'at+jwt', kid: '1' }, claims };
  }

  #changesOf(role) {
    const { claims, lifetime } = this.#sign;
    if (role === 'expiredMissingScope') return { ...this.#configured('missingScope'), ...CHANGES.expired(lifetime) };
    if (role === 'idToken')
      return {
        aud: claims.client_id ?? 'a-client',
        nonce: 'n-0S6_WzA2Mj',
        auth_time: now(),
        client_id: undefined,
        scope: undefined,
      };
    return CHANGES[role]?.(lifetime) ?? this.#configured(role);
  }

  #configured(role) {
    return this.#sign.roles[role] ?? skip(`the config does not say how the claims of the token "${role}" differ`);
  }
}
