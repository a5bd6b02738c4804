import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { decodeJwt, type JWTPayload } from 'jose';
import { type LyingIssuer } from './lying-issuer.js';
import { SERVER_CLIENT } from './world.js';

export interface SoundAnswers {
  (request: IncomingMessage, response: ServerResponse): void;
  /** What the token endpoint was asked, in this order. */
  readonly asked: URLSearchParams[];
  /** The access tokens that it gave. */
  readonly given: string[];
}

interface Changes {
  /** Beside or in place of the claims of a sound token. */
  claims?: (asked: URLSearchParams) => JWTPayload | Promise<JWTPayload>;
  /** Beside or in place of the members of a sound answer. */
  body?: object;
  /** What it says in place of a sound answer, if anything. */
  error?: (asked: URLSearchParams) => object | undefined;
}

/** For a {@link LyingIssuer}: tokens that are what was asked for, but for what a test changes. What `claims` throws is a 500. */
export function soundAnswers(
  issuer: LyingIssuer,
  { claims = () => ({}), body, error = () => undefined }: Changes = {},
): SoundAnswers {
  const [asked, given]: [URLSearchParams[], string[]] = [[], []];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<string> => {
    const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
    asked.push(form);
    const said = error(form);
    if (said) return JSON.stringify((response.writeHead(400), said));
    const token = await issuer.sign({ ...sound(form), jti: randomUUID(), ...(await claims(form)) });
    given.push(token);
    return JSON.stringify({
      access_token: token,
      token_type: 'Bearer',
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      ...body,
    });
  };
  const listen = (request: IncomingMessage, response: ServerResponse): void =>
    void answer(request, response).then(
      text => response.end(text),
      () => response.writeHead(500).end(),
    );
  return Object.assign(listen, { asked, given });
}

function sound(form: URLSearchParams): Record<string, unknown> {
  const asked = { aud: form.get('resource') ?? '', scope: form.get('scope') ?? '', client_id: SERVER_CLIENT };
  const subject = form.get('subject_token');
  if (subject === null) return { ...asked, sub: SERVER_CLIENT, sub_profile: 'service' };
  const { sub, tenant, act } = decodeJwt(subject);
  return { ...asked, sub, tenant, act: { sub: SERVER_CLIENT, ...(act !== undefined && { act }) } };
}
