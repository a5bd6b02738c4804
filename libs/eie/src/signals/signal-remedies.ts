import { type EieErrorCode } from 'execution-identity';
import { type EVENT_SIGNAL } from './event-receiver.js';
import { type LOGOUT_SIGNAL } from './logout-receiver.js';

type Remedies = Partial<Record<EieErrorCode, string>>;

const OLD =
  'The sender holds its signals for too long, or one of the two clocks is wrong: what was valid when it sent this one may have ended by itself.';
const BOTH: Remedies = {
  token_malformed: 'Have the sender send its signed token as it is, and nothing beside it.',
  token_too_large: 'Have the sender send one signal at a time: a token has 16 KB at most, a body 32 KB.',
  token_expired: OLD,
  token_lifetime_refused: OLD,
};

/** What the operator can do about a signal that is refused, where the remedy of the reason speaks of access tokens. */
const REMEDIES: Readonly<Record<typeof EVENT_SIGNAL | typeof LOGOUT_SIGNAL, Remedies>> = {
  'signal:security_event': {
    ...BOTH,
    algorithm_refused:
      'Add the algorithm to authorization.signals.events.transmitters[].algorithms, or change it at the transmitter. Symmetric algorithms are never accepted.',
    claim_missing:
      'Have the transmitter write this claim into its security events. Mandatory are iss, aud, iat, jti and events.',
    issuer_unknown:
      'Compare "iss" with authorization.signals.events.transmitters[].issuer, character by character. A transmitter with "poll" may not push.',
    signature_invalid:
      'See whether jwks or jwksUri in authorization.signals.events.transmitters[] has the keys of this transmitter and environment.',
  },
  'signal:backchannel_logout': {
    ...BOTH,
    claim_missing:
      'Have the provider write this claim into logout tokens. Mandatory are iss, aud, iat, exp, jti, events, and "sub" or "sid".',
    issuer_unknown:
      'Compare "iss" with issuers[].issuer, character by character. That issuer needs a "client", or clients in authorization.signals.logout.clients.',
  },
};

export const signalRemedy = (signal: keyof typeof REMEDIES, code: EieErrorCode): { readonly fix?: string } => {
  const fix = REMEDIES[signal][code];
  return fix === undefined ? {} : { fix };
};
