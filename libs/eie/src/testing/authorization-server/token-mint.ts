import { randomUUID } from 'node:crypto';
import { EieConfigurationError } from 'execution-identity';
import { type JWTPayload } from 'jose';
import { type TestTokenRequest } from './server.options.js';
import { ACCESS_TOKEN_TYPE, type SigningKeys } from './signing-keys.js';

const LIFETIME = 300;
const CLIENT = 'test-client';

/** RFC 8693 §4.1. */
export interface ActClaim {
  readonly iss: string;
  readonly sub: string;
  readonly sub_profile?: string;
  readonly act?: ActClaim;
}

/** What every token of one server has in common. */
export interface MintOptions {
  readonly issuer: string;
  readonly audience?: string | undefined;
  readonly lifetime?: number | undefined;
}

export const now = (): number => Math.floor(Date.now() / 1000);

/** Writes and signs the access tokens of one server: RFC 9068. */
export class TokenMint {
  /** Seconds. */
  readonly lifetime: number;

  constructor(
    private readonly keys: SigningKeys,
    private readonly options: MintOptions,
  ) {
    this.lifetime = options.lifetime ?? LIFETIME;
  }

  /** The token that somebody would get, without a grant. @throws EieConfigurationError where nothing says for whom it is */
  async mint(request: TestTokenRequest): Promise<string> {
    const { sub, tenant, scopes = [], roles, agent = [], client = CLIENT, expiresIn = this.lifetime, claims } = request;
    const { issuer } = this.options;
    const audience = request.audience ?? this.options.audience;
    if (audience === undefined)
      throw new EieConfigurationError(
        'A test token needs an audience: give token({ audience }), or start the server with { audience }.',
      );
    const iat = Math.min(now(), now() + expiresIn - 1);
    const user = sub !== undefined && { sid: randomUUID(), auth_time: iat };
    const act = actOf(typeof agent === 'string' ? [agent] : agent, issuer);
    return this.sign({
      sub: sub ?? client,
      sub_profile: sub === undefined ? 'service' : 'user',
      ...user,
      ...(tenant !== undefined && { tenant }),
      ...(roles && { roles: [...roles] }),
      ...(act && { act }),
      client_id: client,
      scope: scopes.join(' '),
      aud: typeof audience === 'string' ? audience : [...audience],
      iat,
      exp: now() + expiresIn,
      ...claims,
    });
  }

  /** These claims, as an access token of this server. */
  sign(claims: JWTPayload): Promise<string> {
    return this.keys.sign({ jti: randomUUID(), iss: this.options.issuer, ...claims }, ACCESS_TOKEN_TYPE);
  }
}

/** @param agents the outermost first */
export function actOf([outermost, ...under]: readonly string[], issuer: string): ActClaim | undefined {
  if (outermost === undefined) return undefined;
  const act = actOf(under, issuer);
  return { iss: issuer, sub: outermost, sub_profile: 'ai_agent', ...(act && { act }) };
}
