import { type ErrorWords, type ExchangeOptions } from '../../../options/exchange.options.js';
import { auth0Words } from './auth0.js';
import { entraIdWords } from './entra-id.js';
import { keycloakWords } from './keycloak.js';
import { oktaWords } from './okta.js';
import { standardWords } from './standard.js';
import { type ErrorAnswer, type Meaning, type Words } from './words.js';
import { zitadelWords } from './zitadel.js';

/** To add a provider: its file here, its name in `ERROR_WORDS`, and this line. */
const WORDS: Readonly<Record<ErrorWords, Words>> = {
  standard: standardWords,
  auth0: auth0Words,
  entra_id: entraIdWords,
  keycloak: keycloakWords,
  okta: oktaWords,
  zitadel: zitadelWords,
};

/** Our name for what nobody has documented. */
export const OTHER = 'other';

/** What an answer means at an issuer. What nobody has documented is a denial, whose cause is `other`. */
export function meaningOf(answer: ErrorAnswer, { errors, dialect }: ExchangeOptions): Meaning {
  const words = WORDS[errors ?? (dialect === 'entra_id' ? 'entra_id' : 'standard')];
  return words(answer) ?? standardWords(answer) ?? ['delegation_denied', OTHER];
}
