import { joseForm, MAX_TOKEN_LENGTH, parseCompactJws } from 'execution-identity/internal';

/** A token that a process of this server has obtained, as it is sealed for the others. It says what the authorization server said. */
export interface SharedToken {
  readonly token: string;
  /** The scopes of the answer. Absent means "as requested". */
  readonly scopes?: readonly string[];
  /** Seconds since the epoch: when the request for it began. What was revoked since then ends it. */
  readonly obtainedAt: number;
  /** Seconds since the epoch: its own end. */
  readonly expiresAt: number;
}

/** Whether another process can use it: it is not bound to a key of this one (RFC 7800), and has a length that all of them accept. */
function isShareable(token: string): boolean {
  if (token.length > MAX_TOKEN_LENGTH) return false;
  try {
    return !joseForm(token) || parseCompactJws(token).claims.cnf === undefined;
  } catch {
    return false;
  }
}

export const written = ({ token, scopes, obtainedAt, expiresAt }: SharedToken): string =>
  JSON.stringify({ token, scopes, obtainedAt, expiresAt });

/** @returns `undefined` for anything but what {@link written} writes of a token that can be shared */
export function readSharedToken(text: string): SharedToken | undefined {
  try {
    const { token, scopes, obtainedAt, expiresAt } = JSON.parse(text) as Record<string, unknown>;
    if (typeof token !== 'string' || !token || !isShareable(token)) return undefined;
    if (scopes !== undefined && !isTexts(scopes)) return undefined;
    if (!isTime(obtainedAt) || !isTime(expiresAt)) return undefined;
    return { token, ...(scopes && { scopes }), obtainedAt, expiresAt };
  } catch {
    return undefined;
  }
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every(one => typeof one === 'string');
/** A NumericDate may have a fraction (RFC 7519 §2). */
const isTime = (value: unknown): value is number =>
  typeof value === 'number' && value > 0 && value <= Number.MAX_SAFE_INTEGER;
