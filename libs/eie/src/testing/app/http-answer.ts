/** JSON that a test asserts on: its shape is the application's. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- `answer.json.sub` reads better than a cast in each test
export type TestJson = any;

/** What an HTTP handler has answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: Headers;
  readonly text: string;
  /** The body, where it is JSON; else `undefined`. */
  readonly json: TestJson;
  /** `WWW-Authenticate`. */
  readonly challenge: string | undefined;
}

export async function httpAnswer(response: Response): Promise<HttpAnswer> {
  const { status, ok, headers } = response;
  const text = await response.text();
  return { status, ok, headers, text, json: jsonIn(text), challenge: headers.get('www-authenticate') ?? undefined };
}

export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
