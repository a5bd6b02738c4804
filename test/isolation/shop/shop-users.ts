import { createHash } from 'node:crypto';
import { type AuthorizationServer } from '../../../src/authorization-server/authorization-server.js';
import { AGENT_IN_REGISTRY, AGENT_IN_TOKEN, AGENT_REGISTRY } from '../../../src/shop/registrations.js';
import { SCOPES, TENANTS } from '../../../src/shop/settings.js';
import { ownData } from '../application/own-data.js';
import { type Credential, type User } from '../users.js';

/** Milliseconds. Tokens of the shop live for five minutes. */
const RENEW_AFTER = 120_000;

const hex = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** Each name is that of one user in every tenant. */
export const namesOf = (users: number): string[] =>
  Array.from({ length: Math.ceil(users / TENANTS.length) }, (_, i) => `sub-${hex(`user ${i}`)}`);

/** Each user has two agents with all rights, and a session in which little was allowed. */
const SESSIONS = [
  { client: AGENT_IN_TOKEN, agent: 'agent-assistant', scopes: SCOPES },
  { client: AGENT_IN_REGISTRY, agent: AGENT_REGISTRY[AGENT_IN_REGISTRY], scopes: SCOPES },
  { client: AGENT_IN_REGISTRY, agent: AGENT_REGISTRY[AGENT_IN_REGISTRY], scopes: ['orders:read'] },
];

export function shopUsers(count: number, server: AuthorizationServer, resource: string): User[] {
  return namesOf(count)
    .flatMap(sub => TENANTS.map(tenant => ({ sub, tenant, own: ownData({ sub, tenant }) })))
    .slice(0, count)
    .map(user => ({ ...user, credentials: SESSIONS.map((one, i) => credential(user, one, i, server, resource)) }));
}

function credential(
  user: Credential['user'],
  { client, agent, scopes }: (typeof SESSIONS)[number],
  index: number,
  server: AuthorizationServer,
  resource: string,
): Credential {
  const session = `sid-${hex(`${user.own} ${index}`)}`;
  let kept: { token: string; until: number } | undefined;
  return {
    user,
    agent,
    client,
    session,
    scopes,
    token() {
      if (!kept || kept.until < performance.now()) {
        const claims = { tenant: user.tenant, sid: session };
        const token = server.mintUserToken({
          sub: user.sub,
          clientId: client,
          resource,
          scope: scopes.join(' '),
          claims,
        });
        kept = { token, until: performance.now() + RENEW_AFTER };
      }
      return kept.token;
    },
  };
}
