import { createHmac } from 'node:crypto';
import { type ExecutionIdentityEnvelope } from 'execution-identity';
import { type TelemetryOptions } from '../options/telemetry.options.js';
import { type Attributes, ENDUSER_ID, ENDUSER_PSEUDO_ID } from './attributes.js';

/** Names the user on spans. The key is `#private`, because handlers can inject every provider. */
export class EndUser {
  readonly #option: NonNullable<TelemetryOptions['endUser']>;

  constructor(option: TelemetryOptions['endUser'] = 'subject') {
    this.#option = option;
  }

  /**
   * The user for whom an execution runs: `enduser.id`, or `enduser.pseudo.id` (HMAC-SHA-256 over issuer, tenant and `sub`, base64url), which is
   * the same for the same user as long as the key is. It is never the client, and a service has none.
   */
  attributesOf({ actor }: ExecutionIdentityEnvelope): Attributes {
    if (actor.type !== 'user' || this.#option === 'none') return {};
    if (this.#option === 'subject') return { [ENDUSER_ID]: actor.sub };
    const user = JSON.stringify([actor.issuer, actor.tenant ?? null, actor.sub]);
    const pseudonym = createHmac('sha256', this.#option.pseudonymKey).update(user).digest('base64url');
    return { [ENDUSER_PSEUDO_ID]: pseudonym };
  }
}
