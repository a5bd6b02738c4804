import { type KeySource } from 'execution-identity';
import { type ParsedJws, parseCompactJws, unknownIssuer } from 'execution-identity/internal';
import { type LogoutSignalOptions } from '../options/signals.options.js';
import { clientsOf } from '../options/signal-defaults.js';
import { type IssuerOptions } from '../options/issuer.options.js';
import { logoutOf } from './logout-token.js';
import { type SignalReceipts } from './signal-receipts.js';
import { refusal, verifiedSignal } from './signed-signal.js';

export const LOGOUT_SIGNAL = 'signal:backchannel_logout';
/** Seconds: the specification recommends two minutes (§4), and some providers give more. */
const MAX_LIFETIME = 3_600;

/** What the receiver of logout tokens needs. */
interface Parts {
  readonly options: LogoutSignalOptions;
  readonly issuers: readonly IssuerOptions[];
  /** The keys by which access tokens of an issuer are verified. */
  readonly keysOf: (issuer: string) => KeySource | undefined;
  readonly receipts: SignalReceipts;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

/** Takes logout tokens of configured issuers: OpenID Connect Back-Channel Logout 1.0. */
export class LogoutReceiver {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Resolves when the purge holds.
   *
   * @throws EieError as `verifiedSignal`, `logoutOf` and `SignalReceipts.settle` do; `issuer_unknown`, `token_malformed`; `signal_replayed`
   */
  async receive(compact: string): Promise<void> {
    const { options, receipts, now } = this.#parts;
    const jws = parseCompactJws(compact);
    const { issuer, signer } = this.#signerOf(jws);
    const at = now();
    const verified = await verifiedSignal(jws, 'logout+jwt', signer, { now: at, maxAge: MAX_LIFETIME });
    if (verified.expiresAt === undefined) throw refusal('claim_missing', issuer, 'exp');
    if (verified.expiresAt - verified.issuedAt > MAX_LIFETIME)
      throw refusal('token_lifetime_refused', issuer, 'exp', {
        expected: `at most ${MAX_LIFETIME} seconds after "iat"`,
      });
    const purges = [logoutOf(verified.claims, issuer, options.ends ?? 'session')];
    const { jti, issuedAt } = verified;
    const settled = await receipts.settle({ signal: LOGOUT_SIGNAL, issuer, jti, issuedAt, purges });
    if (settled === 'known') throw refusal('signal_replayed', issuer, 'jti');
  }

  #signerOf({ claims: { iss } }: ParsedJws) {
    const { issuers, options, keysOf } = this.#parts;
    const found = issuers.find(({ issuer }) => issuer === iss);
    const audience = found && clientsOf(found, options);
    const keys = found && keysOf(found.issuer);
    if (!found || !audience?.length || !keys) throw unknownIssuer(iss, issuersOf(issuers, options));
    return { issuer: found.issuer, signer: { issuer: found.issuer, keys, algorithms: found.algorithms, audience } };
  }
}

/** The issuers whose logout tokens are taken. */
export const issuersOf = (issuers: readonly IssuerOptions[], options: LogoutSignalOptions): string[] =>
  issuers.filter(one => clientsOf(one, options).length).map(({ issuer }) => issuer);
