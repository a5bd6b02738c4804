import { clientsOf, DEFAULT_ENDS, eventsPath, LOGOUT_PATH } from '../../options/signal-defaults.js';
import { partition } from '../../options/issuer-source.js';
import { type SignalsOptions } from '../../options/signals.options.js';
import { type ServerOptions } from '../server-profile.js';
import { described, type Described, plainUrl, sorted } from './described.js';

/** Who may end identities from outside, and how. No key and no secret is in it. */
export function signalFacts(signals: SignalsOptions | undefined, issuers: ServerOptions['issuers']): Described {
  if (!signals) return null;
  const { logout } = signals;
  const clients = partition(issuers).configured.map(one => [one.issuer, sorted(clientsOf(one, logout ?? {}))] as const);
  return {
    logout: logout
      ? {
          path: logout.path ?? LOGOUT_PATH,
          ends: logout.ends ?? 'session',
          clients: Object.fromEntries(clients.filter(([, ids]) => ids.length)),
        }
      : null,
    events: eventFacts(signals),
  };
}

function eventFacts({ events }: SignalsOptions): Described {
  if (!events) return null;
  return {
    path: eventsPath(events) ?? null,
    transmitters: events.transmitters.map(({ issuer, issuers, opaque, audience, algorithms, jwksUri, ...one }) => ({
      issuer,
      keys: jwksUri === undefined ? 'configured' : plainUrl(jwksUri),
      algorithms: sorted(algorithms),
      audience: sorted(audience),
      issuers: sorted(issuers ?? [issuer]),
      opaque: opaque ?? null,
      events: described({ ...DEFAULT_ENDS, ...one.events }),
      secret: one.secret !== undefined,
      polled: one.poll ? plainUrl(one.poll.url) : null,
    })),
  };
}
