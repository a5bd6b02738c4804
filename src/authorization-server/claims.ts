import type { Actor } from './actors.js';
import type { Account, ClientRegistration } from './registry.js';

/** The level of a login by password (the IANA registry of Level of Assurance Profiles has no plainer one). */
export const ACR = 'urn:oasis:names:tc:SAML:2.0:ac:classes:Password';
/** RFC 8176 */
export const AMR = ['pwd'];

/** One login, as the tokens that come from it tell of it. */
export interface Login {
  authTime?: number | undefined;
  acr?: string | undefined;
  amr?: string[] | undefined;
  sid?: string | undefined;
}

export interface UserClaims {
  tenant: string;
  sub_profile: string;
  auth_time?: number | undefined;
  acr?: string | undefined;
  amr?: string[] | undefined;
  sid?: string | undefined;
  act?: Actor;
}

/** What a token says about the user, and about the agent that obtained it. */
export function userClaims(account: Account, login: Login, client: ClientRegistration, issuer: string): UserClaims {
  const { agent } = client;
  return {
    tenant: account.tenant,
    sub_profile: 'user',
    auth_time: login.authTime,
    acr: login.acr,
    amr: login.amr,
    sid: login.sid,
    ...(agent && { act: { iss: issuer, sub: agent.sub, sub_profile: agent.profile ?? 'ai_agent' } }),
  };
}

/** What a token says about a client that acts for itself. */
export function serviceClaims(client: ClientRegistration): { sub_profile: string; tenant?: string } {
  return { sub_profile: 'service', ...(client.tenant !== undefined && { tenant: client.tenant }) };
}

export const words = (list: string | undefined): string[] => [...new Set(list?.split(' ').filter(Boolean))];
