import { EieError, ENVELOPE_HEADERS } from 'execution-identity';
import { errorName, STORE_DEADLINE, withinDeadline } from 'execution-identity/internal';
import { FixedCredential, fixedParts } from '../../options/fixed-credential.js';
import { type AnyCredential, type TargetCredential } from '../../options/target-credential.js';
import { credentialOf } from '../targets/target-credential.js';
import { type Target } from '../targets/target.js';
import { secretParts } from './secret-parts.js';
import { bytesOf } from './signed-body.js';
import { untilAborted } from './until-aborted.js';

/** Values that their standards publish: no secret, and often sent back. */
const PUBLIC = [
  'date',
  'digest',
  'content-digest',
  'content-md5',
  'signature-input',
  'x-amz-date',
  'x-amz-content-sha256',
];

/** What one call of a target with a credential of its own is authorized by, and what it was sent. */
export class OwnAuthorization {
  readonly #secrets = new Set<string>();

  private constructor(
    private readonly target: Target,
    private readonly credential: AnyCredential,
  ) {}

  /** `undefined` where the target gets a token. */
  static of(target: Target): OwnAuthorization | undefined {
    const credential = credentialOf(target);
    return credential && new OwnAuthorization(target, credential);
  }

  /** What no answer may hold. */
  get secrets(): readonly string[] {
    return [...this.#secrets];
  }

  /**
   * Sets the headers of the credential on a request that is complete otherwise.
   *
   * @throws EieError `target_credential_unavailable` when the port fails or is late; `target_request_refused` for a body that is too long
   * to sign, `target_unavailable` for one that does not end within the timeout of the target; what the signal of the request says when that aborts
   */
  async authorize(request: Request): Promise<void> {
    if (this.credential instanceof FixedCredential) {
      const { header, value, secrets } = fixedParts(this.credential);
      for (const secret of secrets) this.#secrets.add(secret);
      return request.headers.set(header, value);
    }
    const allowed = this.target.ownHeaders ?? [];
    for (const name of allowed) request.headers.delete(name);
    const body = this.credential.signsBody ? await this.#bodyOf(request) : undefined;
    const { credential } = this;
    const given = await untilAborted(request.signal, () => this.#asked(credential, request, body));
    for (const [name, value] of given) request.headers.set(name, value);
    const names = [...request.headers.keys()];
    for (const [name, value] of given)
      if (!PUBLIC.includes(name)) for (const secret of secretParts(value, names)) this.#secrets.add(secret);
  }

  async #bodyOf(request: Request): Promise<Uint8Array | undefined> {
    const { timeout } = this.target;
    return untilAborted(request.signal, () => withinDeadline(timeout, late => bytesOf(request, late))).catch(
      (error: unknown) => {
        if (errorName(error) !== 'TimeoutError') throw error;
        const status = `the body of the request did not end within ${timeout} ms`;
        throw new EieError('target_unavailable', { finding: { url: this.target.baseUrl.origin, status } });
      },
    );
  }

  async #asked(
    credential: TargetCredential,
    request: Request,
    body: Uint8Array | undefined,
  ): Promise<[name: string, value: string][]> {
    const { method, url } = request;
    const headers = Object.fromEntries([...request.headers].filter(([name]) => !ENVELOPE.has(name)));
    try {
      const given = await withinDeadline(STORE_DEADLINE, late =>
        credential.authorize({
          method,
          url,
          headers,
          ...(body && { body }),
          signal: AbortSignal.any([late, request.signal]),
        }),
      );
      return Object.entries(given).map(([name, value]) => this.#checked(name.toLowerCase(), value));
    } catch (error) {
      request.signal.throwIfAborted();
      // Its message may hold the secret.
      const finding = { claim: `targets.${this.target.name}.credential`, status: errorName(error) };
      throw new EieError('target_credential_unavailable', { finding });
    }
  }

  #checked(name: string, value: unknown): [name: string, value: string] {
    if (!this.target.ownHeaders?.includes(name)) throw new TypeError('The header is not one of "headers".');
    // Throws for what is no value of a header.
    return [name, new Headers([[name, value as string]]).get(name)!];
  }
}

const ENVELOPE = new Set(ENVELOPE_HEADERS.map(name => name.toLowerCase()));
