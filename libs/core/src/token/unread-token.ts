import { explained } from '../errors.js';
import { parseCompactJws, type ParsedJws } from './compact-jws.js';
import { joseForm } from './jose-form.js';

/**
 * {@link parseCompactJws} of what was sent as an access token. Its refusal says to the operator what was sent instead of a JWT.
 *
 * @throws EieError `token_too_large`, `token_malformed`, `algorithm_refused`
 */
export function parseAccessToken(compact: string): ParsedJws {
  try {
    return parseCompactJws(compact);
  } catch (error) {
    const form = joseForm(compact);
    throw form === 'jws' ? error : explained(error, { fix: form === 'jwe' ? ENCRYPTED : OPAQUE });
  }
}

const ENCRYPTED =
  'The token is encrypted (JWE). Have the issuer sign access tokens and not encrypt them; some encrypt those that were requested without the audience or resource of this server. Or set issuers[].opaqueTokens, and the issuer is asked about each.';
const OPAQUE =
  'The token is no JWT. Where the issuer has JWTs, have it give this client one: some give an opaque token if the client asks for no audience or resource. If its tokens are opaque, set issuers[].opaqueTokens.';
