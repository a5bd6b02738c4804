/** A user of one tenant. Another tenant may have a user of the same name, who is somebody else. */
export interface User {
  readonly sub: string;
  readonly tenant: string;
  /** What only this user is ever shown: see `application/own-data.ts`. */
  readonly own: string;
  readonly credentials: readonly Credential[];
}

/** One session of a user with one agent. */
export interface Credential {
  readonly user: Omit<User, 'credentials'>;
  readonly agent: string;
  readonly client: string;
  readonly session: string;
  readonly scopes: readonly string[];
  /** The access token, which may be another one from time to time. */
  token(): string;
}
