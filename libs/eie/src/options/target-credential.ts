import { EieConfigurationError } from 'execution-identity';
import { headerProblem } from './credential-header.js';
import { FixedCredential } from './fixed-credential.js';

export { type FixedCredential } from './fixed-credential.js';

/** A request as a {@link TargetCredential} sees it: complete, and not sent yet. */
export interface FinishedRequest {
  readonly method: string;
  /** Absolute, with its query. */
  readonly url: string;
  /** By lower-case names. Without those that `fetch` itself adds (`host`, `content-length`), and without the `Txn-Token`. */
  readonly headers: Readonly<Record<string, string>>;
  /** With `signsBody`: its bytes, none where the request has no body. */
  readonly body?: Uint8Array;
  /** Aborts when the answer would come too late. */
  readonly signal: AbortSignal;
}

/**
 * The credential of an API that knows no OAuth: what this server adds to each request, such as a request signature (AWS Signature Version 4,
 * RFC 9421) or a session of another protocol. Extend it, and give an instance to a target. It is asked for every request that is sent,
 * once more for each redirect, and it has 2 seconds; a late or failing answer fails the call as `target_credential_unavailable`, and nothing is sent.
 *
 * It does NOT know for whom the call is: such an API sees this server. Keep its secret in a `#private` field: whoever holds the instance
 * can call `authorize`, so provide it to nobody.
 *
 * @example
 * class Signed extends TargetCredential {
 *   readonly headers = ['authorization', 'x-amz-date', 'x-amz-content-sha256'] as const;
 *   override readonly signsBody = true;
 *   authorize({ method, url, headers, body }: FinishedRequest) { return signer.sign({ method, url, headers, body }); }
 * }
 */
export abstract class TargetCredential {
  /** The headers it sets. A tool may set none of them, and a header of another name is never sent. */
  abstract readonly headers: readonly [string, ...string[]];

  /** Whether it needs the bytes of the body. It is read into memory then, a stream too; one of more than 8 MB is refused. */
  readonly signsBody: boolean = false;

  /** @returns values by names of `headers` */
  abstract authorize(
    request: FinishedRequest,
  ): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
}

/**
 * A secret in one header.
 *
 * @param options.secret the whole value of the header: `Bearer …` too, if the API wants it so. At least 8 visible characters
 * @throws EieConfigurationError; its message does not hold the secret
 * @example apiKey({ header: 'X-Api-Key', secret: process.env.WEATHER_KEY! })
 */
export function apiKey({ header, secret }: { header: string; secret: string }): FixedCredential {
  const problem = headerProblem(header);
  if (problem) throw new EieConfigurationError(`apiKey(): header ${problem}.`);
  if (typeof secret !== 'string' || !/^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(secret))
    throw new EieConfigurationError(
      'apiKey(): secret must be the value of the header, in visible ASCII characters: read it from your secret store.',
    );
  // Without its scheme, if it has one.
  const [, bare = secret] = /^\S+ (.+)$/.exec(secret) ?? [];
  return new FixedCredential({ header, value: secret, secrets: [bare, secret] }, 'apiKey()');
}

/**
 * User name and password as `Authorization: Basic` (RFC 7617, UTF-8). Where the key is the user name, the password may be empty.
 *
 * @throws EieConfigurationError; its message does not hold the secret
 * @example basic({ username: 'mcp', password: process.env.LEGACY_PASSWORD! })
 */
export function basic({ username, password }: { username: string; password: string }): FixedCredential {
  // RFC 7617 §2.
  if (![username, password].every(one => typeof one === 'string' && !/\p{Cc}/u.test(one)) || username.includes(':'))
    throw new EieConfigurationError(
      'basic(): username and password must be text without control characters, and the username without a colon: read them from your secret store.',
    );
  const encoded = Buffer.from(`${username}:${password}`).toString('base64');
  return new FixedCredential(
    { header: 'Authorization', value: `Basic ${encoded}`, secrets: [password || username, encoded] },
    'basic()',
  );
}

/** What a target can be given. */
export type AnyCredential = TargetCredential | FixedCredential;

export const isCredential = (value: unknown): value is AnyCredential =>
  value instanceof FixedCredential || value instanceof TargetCredential;
