import { logIn } from '../authorization-server/login.js';
import { ACCOUNTS, MACHINE, REDIRECT_URI } from './registrations.js';

export interface TokenRequest {
  issuer: string;
  resource: string;
  scope: string;
}

/** The access token of a user: logs in at the login page, through an agent's client. */
export async function userToken(sub: string, clientId: string, request: TokenRequest): Promise<string> {
  const account = ACCOUNTS.find(one => one.sub === sub);
  if (!account) throw new Error(`There is no user "${sub}". Users: ${ACCOUNTS.map(one => one.sub).join(', ')}.`);
  const { access_token } = await logIn({
    ...request,
    clientId,
    redirectUri: REDIRECT_URI,
    sub,
    password: account.password,
  });
  return access_token;
}

/** The access token of the machine client: it acts for no user. */
export async function machineToken({ issuer, resource, scope }: TokenRequest): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${MACHINE.client_id}:${MACHINE.client_secret}`).toString('base64')}`,
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope }),
  });
  if (!response.ok) throw new Error(`The authorization server answered ${response.status}.`);
  return ((await response.json()) as { access_token: string }).access_token;
}
