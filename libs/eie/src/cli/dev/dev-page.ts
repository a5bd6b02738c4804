/** What the page of `nestjs-eie dev` shows. `GET /state` answers with it. */
export interface DevPage {
  readonly application: DevApplication;
  /** `iss` of the local authorization server. */
  readonly issuer: string;
  /** The users one may sign in as. */
  readonly users: readonly DevUser[];
  /** The agents that tokens may name, and the clients that users have signed in through. */
  readonly agents: readonly string[];
  /** What the metadata of the application names in `scopes_supported` (RFC 9728), or what a tool has demanded since. */
  readonly scopes: readonly string[];
  /** How to connect a client to the application. */
  readonly clients: readonly DevClient[];
  readonly audit: DevAudit;
  /** The newest first, at most 200. */
  readonly calls: readonly DevCall[];
}

/**
 * What has changed. Each message of `GET /events` (server-sent events, without a name) has one as JSON in its `data`. Of `calls` it has only those that
 * are new or have changed: a call replaces the one of the same id. The first message after each connection is the whole page.
 */
export type DevChange = Partial<DevPage>;

export interface DevApplication {
  readonly state: 'starting' | 'listening' | 'stopped';
  /** As it was given after `--`. */
  readonly command: string;
  /** The address of its MCP route: `EIE_RESOURCE`. */
  readonly resource: string;
  /** Of the process that has stopped. */
  readonly exitCode: number | null;
  /** The last lines it has printed, without colours, at most 40. */
  readonly output: readonly string[];
}

export interface DevUser {
  readonly sub: string;
  readonly name: string;
  readonly tenant: string | null;
  readonly roles: readonly string[];
}

export interface DevClient {
  readonly name: 'MCP Inspector' | 'Claude Code' | 'VS Code' | 'Cursor';
  /** Where the text goes: a terminal, or the name of a file. */
  readonly where: string;
  readonly text: string;
}

/** Live calls are read from the audit log of the application. */
export interface DevAudit {
  readonly directory: string;
  /** `absent`: the application listens and has no log there. The page says why it shows no calls. */
  readonly state: 'waiting' | 'reading' | 'absent';
}

/** One execution, or one refusal before there was any. */
export interface DevCall {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** `null` where no token was verified. */
  readonly user: string | null;
  readonly isService: boolean;
  readonly tenant: string | null;
  readonly agent: string | null;
  /** The name of the tool or of the HTTP handler; `null` where it was refused before one was found. */
  readonly handler: string | null;
  readonly apis: readonly DevApiCall[];
  readonly result: DevResult;
  readonly durationMs: number | null;
  readonly traceId: string | null;
}

export interface DevApiCall {
  readonly target: string;
  readonly mode: 'service_identity' | 'on_behalf_of' | 'restricted_user';
  readonly result: DevResult;
}

export interface DevResult {
  readonly outcome: 'running' | 'succeeded' | 'failed' | 'refused' | 'unknown';
  /** The code on the audit log. */
  readonly reason: string | null;
  /** What happened, and what to do: the texts of the page on reason codes. */
  readonly cause: string | null;
  readonly fix: string | null;
}

/** What `POST /decode` says of `{ token }`. Nothing of it is stored. */
export interface DecodedToken {
  /** `null` where it is no JWT. */
  readonly header: Readonly<Record<string, unknown>> | null;
  readonly claims: Readonly<Record<string, unknown>> | null;
  /** In the order in which the boundary asks. Those after the first that fails were not asked. */
  readonly checks: readonly DevCheck[];
}

export interface DevCheck {
  /** Such as "The issuer is the one that is configured". */
  readonly name: string;
  readonly result: 'passed' | 'failed' | 'not asked';
  /** Of the check that failed. */
  readonly reason: string | null;
  readonly cause: string | null;
  readonly fix: string | null;
}

/**
 * `POST /token` takes it and answers `{ token, expiresIn }`. The same members as the options of `nestjs-eie token`. A body that is wrong is answered with
 * 400 and `{ error }`, a sentence; so is one of `POST /decode`.
 */
export interface DevTokenRequest {
  readonly sub?: string;
  readonly tenant?: string;
  readonly scopes?: readonly string[];
  readonly roles?: readonly string[];
  readonly agent?: string;
  /** Seconds. */
  readonly expiresIn?: number;
}
