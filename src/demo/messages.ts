import { type UserTokenRequest } from '../authorization-server/token-issuer.js';

/** What a request proved itself with: of the token only its hash and its claims. */
export interface SeenToken {
  sha256: string;
  claims: Record<string, unknown>;
}

/** A request as an API received it. */
export interface SeenRequest {
  traceId: string;
  accessToken: SeenToken | undefined;
  txnToken: SeenToken | undefined;
}

/** A text, and where in the process it was found. */
export interface FoundText {
  path: string;
  text: string;
}

/** The very tokens of a request: for attacks with captured ones, and for the search that must find none elsewhere. */
export interface Captured {
  accessToken: string | undefined;
  txnToken: string | undefined;
}

export type Walked = 'a tool' | 'an HTTP handler';

/** From a part to the demo. */
export type Report =
  | { kind: 'minted'; token: string }
  | { kind: 'request'; seen: SeenRequest; captured: Captured; rest: string }
  | { kind: 'reachable'; from: Walked; texts: FoundText[] }
  | { kind: 'answer'; id: number; token: string | undefined };

/** From the demo to a part. Each is answered, after all that was reported before. */
export type Order =
  { kind: 'flush' } | { kind: 'print'; stdout: string; stderr: string } | { kind: 'mint'; request: UserTokenRequest };

export type NumberedOrder = Order & { id: number };

export const report = (message: Report): void => void process.send?.(message);
