import { OAuthError } from '../oauth-error.js';

/** The parameters of an OAuth request: RFC 6749 §3.1 and §3.2. An empty one is as good as absent. */
export class Form {
  constructor(private readonly parameters: URLSearchParams) {}

  /** @throws OAuthError `invalid_request` for one that comes twice */
  one(name: string): string | undefined {
    const values = this.all(name);
    if (values.length > 1) throw new OAuthError('invalid_request', `${name} comes more than once.`);
    return values[0];
  }

  all(name: string): string[] {
    return this.parameters.getAll(name).filter(Boolean);
  }

  /** @throws OAuthError `invalid_request` where it is missing */
  needed(name: string): string {
    const value = this.one(name);
    if (value === undefined) throw new OAuthError('invalid_request', `${name} is missing.`);
    return value;
  }
}
