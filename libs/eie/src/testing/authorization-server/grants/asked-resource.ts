import { type Form } from '../http/form.js';
import { OAuthError } from '../oauth-error.js';
import { type TestResource } from '../server.options.js';

/** What a token is for: `aud`, and what is known of that resource. */
export interface AskedResource {
  readonly resource: string;
  readonly audience: string;
  readonly known: TestResource | undefined;
}

/**
 * The one resource that is asked for, by `resource` (RFC 8707) or `audience` (RFC 8693 §2.1).
 *
 * @param fallback where the request names none
 * @throws OAuthError `invalid_target` for none, and for several
 */
export function askedResource(
  form: Form,
  resources: ReadonlyMap<string, TestResource>,
  fallback: string | undefined,
): AskedResource {
  const named = [...new Set([...form.all('resource'), ...form.all('audience')])];
  const [resource = fallback] = named;
  if (resource === undefined || named.length > 1)
    throw new OAuthError('invalid_target', 'Name one resource: resource=https://api.example.com');
  const known = resources.get(resource);
  return { resource, audience: known?.audience ?? resource, known };
}
