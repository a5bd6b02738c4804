import { EieError } from 'execution-identity';
import { TokenHeaders } from '../configuration/token-headers.js';
import { type HttpRequest, nodeRequest } from '../http/http-request.js';
import { valuesOf } from './header-views.js';
import { takenFrom } from './taken-credentials.js';

/** The one credential of a request. */
export interface Credential {
  readonly scheme: 'bearer' | 'dpop';
  readonly token: string;
  /** The header that it came in, in lower case. */
  readonly header: string;
  /** Every `DPoP` header (RFC 9449 §4.1). */
  readonly proofs: readonly string[];
}

const AUTHORIZATION = 'authorization';
const SEVERAL = 'The request carries more than one token, or one in its query or form: send one, in one header.';
const ALONE = new TokenHeaders([]);

/**
 * The one access token of a request (RFC 6750 §2.1, RFC 9449 §7.1), among the credentials that the edge took off it.
 *
 * @param headers further ones in which a token may come. What is in one of them is never beside another credential
 * @throws EieError `edge_bypassed`, `edge_failed`; `credentials_missing`; `request_malformed` for two credentials, for one in the query or in a form
 * body (RFC 6750 §2.2 and §2.3 are not supported, RFC 9700 §2.3), and for spaces in the token
 */
export function credentialOf(request: HttpRequest, headers: TokenHeaders = ALONE): Credential {
  const taken = takenFrom(nodeRequest(request));
  let header: string | undefined;
  let value = '';
  let isSeveral = false;
  for (let i = 0; i + 1 < taken.length; i += 2) {
    const name = taken[i]!.toLowerCase();
    if (name !== AUTHORIZATION && !headers.names.includes(name)) continue;
    isSeveral ||= header !== undefined;
    [header, value] = [name, taken[i + 1]!];
  }
  if (isSeveral || hasToken(request.query) || (isForm(request) && hasToken(request.body)))
    throw new EieError('request_malformed', { finding: { fix: SEVERAL } });
  header ??= AUTHORIZATION;
  const { scheme, token } =
    header === AUTHORIZATION ? authorization(value) : assertion(value, headers.schemeOf(header));
  if (!token || token.includes(' ') || token.includes('\t') || token.includes(','))
    throw new EieError('request_malformed', {
      finding: { fix: `The header ${header} holds something else than one token.` },
    });
  return { scheme, token, header, proofs: valuesOf(taken, 'dpop') };
}

/** The one bearer token of a request, where no other scheme is taken. @throws EieError as {@link credentialOf} */
export function bearerToken(request: HttpRequest): string {
  const { scheme, token } = credentialOf(request);
  if (scheme !== 'bearer') throw new EieError('credentials_missing');
  return token;
}

type Presented = Pick<Credential, 'scheme' | 'token'>;

function authorization(value: string): Presented {
  const end = value.indexOf(' ');
  const scheme = value.slice(0, end).toLowerCase();
  if (end < 0 || (scheme !== 'bearer' && scheme !== 'dpop')) throw new EieError('credentials_missing');
  return { scheme, token: value.slice(end + 1) };
}

/** A proxy proves no possession of a key: what it hands on is a bearer token. */
function assertion(value: string, scheme: string | undefined): Presented {
  if (scheme === undefined) return { scheme: 'bearer', token: value };
  const end = scheme.length;
  if (value.slice(0, end + 1).toLowerCase() !== `${scheme} `) throw new EieError('credentials_missing');
  return { scheme: 'bearer', token: value.slice(end + 1) };
}

const hasToken = (fields: unknown): boolean =>
  typeof fields === 'object' && fields !== null && 'access_token' in fields;

const isForm = (request: HttpRequest): boolean =>
  Boolean(nodeRequest(request).headers['content-type']?.toLowerCase().startsWith('application/x-www-form-urlencoded'));
