import { type Server } from 'node:http';
import { decodeJwt, type JWTPayload } from 'jose';
import { beforeTheEdge } from '../../support/wire.js';
import { type Arrival, type Party } from '../seen.js';

/** Notes every request before the application of the server sees it. */
export function witness(api: string, server: Server, note: (arrival: Arrival) => void): void {
  beforeTheEdge(server, ({ url = '', headers }) => {
    const [access, txn] = [headers.authorization?.replace(/^Bearer /i, ''), headers['txn-token'] as string | undefined];
    note({
      api,
      url,
      trace: String(headers.traceparent).split('-')[1],
      parties: [...partyIn(access, 'access token'), ...partyIn(txn, 'Txn-Token')],
    });
  });
}

function partyIn(token: string | undefined, from: Party['from']): Party[] {
  if (token === undefined) return [];
  const claims = decodeJwt<{ tenant?: string; sid?: string; act?: JWTPayload }>(token);
  return [{ from, sub: claims.sub!, tenant: claims.tenant, session: claims.sid, agents: agentsOf(claims.act) }];
}

const agentsOf = (act: JWTPayload | undefined): string[] =>
  act ? [act.sub!, ...agentsOf(act.act as JWTPayload | undefined)] : [];
