import { timingSafeEqual } from 'node:crypto';
import { type Clock, type Diagnostics, EieError, type Fetch } from 'execution-identity';
import { configuredKeys } from '../issuers/configured-keys.js';
import { digest, parseCompactJws, type ParsedJws, unknownIssuer } from 'execution-identity/internal';
import { type TransmitterOptions } from '../options/signals.options.js';
import { type EventRules, securityEventOf } from './security-event.js';
import { type SignalReceipts } from './signal-receipts.js';
import { refusal, type SignalSigner, verifiedSignal } from './signed-signal.js';

export const EVENT_SIGNAL = 'signal:security_event';

/** How a security event came. */
export type Delivery =
  /** `secret`: what came with it as a bearer token. */
  | { readonly by: 'push'; readonly secret: string | undefined }
  /** `from`: the transmitter that was asked; `jti`: under which id it has given the token. */
  | { readonly by: 'poll'; readonly from: string; readonly jti: string };

interface Transmitter {
  readonly options: TransmitterOptions;
  readonly signer: SignalSigner;
  readonly rules: EventRules;
}

interface Parts {
  readonly transmitters: readonly TransmitterOptions[];
  readonly receipts: SignalReceipts;
  /** Seconds: an event that is older ends nothing that is still valid. */
  readonly maxAge: number;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
}

/** Takes security event tokens of configured transmitters, however they come: RFC 8417. */
export class EventReceiver {
  readonly #transmitters: readonly Transmitter[];
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#transmitters = parts.transmitters.map(options => transmitterOf(options, parts));
  }

  /**
   * Resolves when the purge holds, and for what asks for none.
   *
   * @throws EieError as `verifiedSignal`, `securityEventOf` and `SignalReceipts.settle` do; `issuer_unknown`, `token_malformed`;
   * `signal_unauthenticated`
   */
  async receive(compact: string, delivery: Delivery): Promise<void> {
    const { receipts, maxAge, clock } = this.#parts;
    const jws = parseCompactJws(compact);
    const { options, signer, rules } = this.#transmitterOf(jws, delivery);
    if (delivery.by === 'push') assertSecret(options.secret, delivery.secret);
    const verified = await verifiedSignal(jws, 'secevent+jwt', signer, { now: Math.floor(clock() / 1000), maxAge });
    const { jti, issuedAt, claims } = verified;
    if (delivery.by === 'poll' && delivery.jti !== jti) throw refusal('claim_invalid', options.issuer, 'jti');
    const { purges, stream } = securityEventOf(claims, rules);
    if (stream) this.#tell(stream, options.issuer);
    if (purges.length) await receipts.settle({ signal: EVENT_SIGNAL, issuer: options.issuer, jti, issuedAt, purges });
  }

  /** A transmitter that is polled pushes nothing, and where one is polled, no other one speaks. */
  #transmitterOf({ claims: { iss } }: ParsedJws, delivery: Delivery): Transmitter {
    const expected = this.#transmitters.filter(({ options: { issuer, poll } }) =>
      delivery.by === 'push' ? !poll : issuer === delivery.from,
    );
    const found = expected.find(({ options }) => options.issuer === iss);
    if (!found)
      throw unknownIssuer(
        iss,
        expected.map(({ options }) => options.issuer),
      );
    return found;
  }

  #tell(stream: 'verification' | 'stream-updated', issuer: string): void {
    this.#parts.diagnostics.report(
      stream === 'verification'
        ? { level: 'info', message: `The stream of security events of ${issuer} works: its verification arrived.` }
        : {
            level: 'warn',
            message: `${issuer} has changed its stream of security events: see whether it still sends them.`,
          },
    );
  }
}

function transmitterOf(options: TransmitterOptions, { fetch, clock }: Parts): Transmitter {
  const { issuer, algorithms, audience, issuers = [issuer], opaque, events } = options;
  const keys = configuredKeys(options, 'authorization.signals.events.transmitters[].jwks', { fetch, clock });
  return {
    options,
    signer: { issuer, keys, algorithms, audience },
    rules: { issuer, issuers, ...(opaque !== undefined && { opaque }), ...(events && { ends: events }) },
  };
}

/** Compared by digest, so in constant time whatever the lengths. */
function assertSecret(expected: string | undefined, given: string | undefined): void {
  if (expected === undefined) return;
  const [one, other] = [expected, given ?? ''].map(text => Buffer.from(digest(text)));
  if (!timingSafeEqual(one!, other!)) throw new EieError('signal_unauthenticated');
}
