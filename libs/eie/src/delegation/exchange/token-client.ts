import * as oauth from 'oauth4webapi';
import { EieError, type HealthState } from 'execution-identity';
import { worstOf } from 'execution-identity/internal';
import { clientProblems, connectTo, type IssuerClient, type IssuerConnection } from '../../issuers/issuer-client.js';
import { signerHealth } from '../../issuers/oauth-client.js';
import { type Dialect, type ExchangeSubject } from './dialects/dialect.js';
import { dialectOf } from './dialects/dialects.js';
import { withReadMembers } from './read-members.js';
import { Resilience } from './resilience.js';
import { type Target } from '../targets/target.js';
import { type TargetRegistry } from '../targets/target-registry.js';
import { clientOf } from '../targets/target-client.js';
import { EIE_ISSUER, EIE_TARGET } from '../../telemetry/attributes.js';
import { traced } from '../../telemetry/spans.js';
import { noteCredential } from '../../vault/note-credential.js';
import { failureOf, NO_BEARER } from './token-failure.js';
import { TokenRefusal, tokenRefusal } from './token-refusal.js';

/** What an authorization server answered at its token endpoint. Stays inside the delegation layer. */
export interface TokenAnswer {
  readonly token: string;
  /** As the server wrote them. Absent means "as requested" (RFC 6749 §5.1). */
  readonly scopes?: readonly string[];
  /** Seconds. Optional in the answer of the server. */
  readonly expiresIn?: number;
}

/** How the token endpoint of one issuer, and the signer by which this server authenticates there, have answered lately. */
export interface AuthorizationServerHealth {
  readonly issuer: string;
  readonly status: HealthState;
}

/** The accepted values of `issued_token_type`: RFC 8693 §3. */
const ISSUED_TYPES: unknown[] = [
  undefined,
  'urn:ietf:params:oauth:token-type:access_token',
  'urn:ietf:params:oauth:token-type:jwt',
];

const OTHER_TYPE = {
  claim: 'issued_token_type',
  expected: ['urn:ietf:params:oauth:token-type:access_token', 'urn:ietf:params:oauth:token-type:jwt'],
  fix: 'Have the issuer answer with an access token (RFC 8693 §2.2.1). If it must be asked for one in another way, see requestedTokenType of its provider.',
};

/** The token endpoints of the issuers. oauth4webapi implements the protocol, the dialect the parameters; this class reads the answers. */
export class TokenClient {
  readonly #resilience = new Resilience(isOutage, asksToWait);

  /** @param now seconds since the epoch */
  constructor(
    private readonly issuers: IssuerClient,
    private readonly targets: TargetRegistry,
    private readonly now: () => number,
  ) {}

  /** The problems with the keys for client authentication: of issuers, and of targets that have a client of their own. */
  problems(): Promise<string[]> {
    return clientProblems(
      this.issuers,
      this.targets.all().flatMap(target => clientOf(target)?.client ?? []),
    );
  }

  /** Of the issuers that are configured. Those of an issuer source are left out. */
  health(): AuthorizationServerHealth[] {
    const targets = this.targets.all();
    const names = new Set([...this.issuers.issuers, ...targets.flatMap(({ issuer }) => issuer || [])]);
    return [...names].map(issuer => {
      const clients = targets.flatMap(target => (target.issuer === issuer && clientOf(target)?.client) || []);
      return { issuer, status: worstOf([this.#resilience.health(issuer), ...clients.map(signerHealth)]) };
    });
  }

  /** @throws EieError as {@link failureOf} says; `delegated_token_refused` for a token of a type that was not asked for */
  clientCredentials(target: Target, scopes: readonly string[], resource = target.resource): Promise<TokenAnswer> {
    return this.#request(target, undefined, async (dialect, { server, client, auth }, options) => {
      const response = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        auth,
        dialect.clientCredentials({ resource }, scopes),
        options,
      );
      return oauth.processClientCredentialsResponse(server, client, await withReadMembers(response));
    });
  }

  /** @throws EieError as {@link failureOf} says; `delegated_token_refused` for a token of a type that was not asked for */
  exchange(target: Target, scopes: readonly string[], subject: ExchangeSubject): Promise<TokenAnswer> {
    return this.#request(target, subject, async (dialect, { server, client, auth }, options) => {
      const parameters = dialect.exchange(target, scopes, subject);
      const response = await oauth.genericTokenEndpointRequest(
        server,
        client,
        auth,
        dialect.grantType,
        parameters,
        options,
      );
      return oauth.processGenericTokenEndpointResponse(server, client, await withReadMembers(response));
    });
  }

  async #request(
    target: Target,
    subject: ExchangeSubject | undefined,
    grant: (
      dialect: Dialect,
      connection: IssuerConnection,
      options: oauth.TokenEndpointRequestOptions,
    ) => Promise<oauth.TokenEndpointResponse>,
  ): Promise<TokenAnswer> {
    const { issuer } = target;
    const { client, at } = clientOf(target) ?? {};
    if (!client || !at) throw new EieError('delegation_misconfigured');
    const dialect = dialectOf(target.exchange);
    let [url, isEncoded] = [issuer, false];
    const ask = async (): Promise<oauth.TokenEndpointResponse> => {
      const connection = await connectTo(this.issuers, issuer, { client, at });
      url = connection.server.token_endpoint ?? issuer;
      isEncoded = connection.isEncoded;
      return grant(dialect, connection, this.issuers.requestOptions());
    };
    const about = { [EIE_TARGET]: target.name, [EIE_ISSUER]: issuer };
    const answer = await traced(`exchange ${target.name}`, about, () =>
      this.#resilience
        .run(issuer, () => ask().catch(async (error: unknown) => Promise.reject(await this.#refusal(error))))
        .catch((error: unknown) => {
          const isSubjectExpired = subject && subject.expiresAt <= this.now();
          throw failureOf(error, { exchange: target.exchange, url, isEncoded, isSubjectExpired });
        }),
    );
    // Also one that is refused: nobody shall get it from a target either.
    noteCredential(answer.access_token, this.now());
    if (answer.token_type !== 'bearer') throw new EieError('delegated_token_refused', { finding: NO_BEARER });
    if (!ISSUED_TYPES.includes(answer.issued_token_type))
      throw new EieError('delegated_token_refused', { finding: OTHER_TYPE });
    return {
      token: answer.access_token,
      ...(answer.scope !== undefined && {
        scopes: answer.scope
          .split(' ')
          .filter(Boolean)
          .flatMap(scope => dialect.scopeName(scope, target) ?? []),
      }),
      ...(answer.expires_in !== undefined && { expiresIn: answer.expires_in }),
    };
  }

  async #refusal(error: unknown): Promise<Error> {
    const isOurs = error instanceof EieError || error instanceof oauth.UnsupportedOperationError;
    return isOurs ? error : tokenRefusal(error, this.now());
  }
}

/** Also where the metadata, which names the endpoint, cannot be had. */
const isOutage = (error: unknown): boolean =>
  error instanceof EieError ? error.code === 'delegation_unavailable' : error instanceof TokenRefusal && error.isOutage;

const asksToWait = (error: unknown): boolean => error instanceof TokenRefusal && (error.retryAfter ?? 0) > 0;
