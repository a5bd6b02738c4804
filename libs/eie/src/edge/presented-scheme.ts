import { type Scheme } from '../http/challenge.js';
import { type HttpRequest, nodeRequest } from '../http/http-request.js';
import { requests } from './credential-slot.js';
import { valuesOf } from './header-views.js';

/** The authentication scheme by which a client has sent its token, also when its credentials are dropped. Without one it is Bearer. */
export function presentedScheme(request: HttpRequest): Scheme {
  const state = requests.of(nodeRequest(request));
  return state?.kind === 'taken' ? (state.scheme ?? schemeIn(state.lines)) : 'Bearer';
}

/** @param lines of a request: name, value, name, value */
export const schemeIn = (lines: readonly string[]): Scheme =>
  /^dpop\s/i.test(valuesOf(lines, 'authorization')[0] ?? '') ? 'DPoP' : 'Bearer';
