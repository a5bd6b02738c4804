import { type IssuerOptions } from './issuer.options.js';
import {
  type EventEnds,
  type EventName,
  type EventSignalOptions,
  type LogoutSignalOptions,
  type SignalsOptions,
} from './signals.options.js';

export const LOGOUT_PATH = '/backchannel-logout';
const EVENTS_PATH = '/security-events';

/** What an event does where the configuration says nothing else. */
export const DEFAULT_ENDS: Readonly<Record<EventName, EventEnds>> = {
  'session-revoked': 'session',
  'credential-change': 'user',
  'account-disabled': 'user',
  'account-purged': 'user',
  'sessions-revoked': 'user',
};

/** The clients of an issuer that logout tokens may be for. */
export function clientsOf({ issuer, client }: IssuerOptions, { clients }: LogoutSignalOptions): readonly string[] {
  if (clients) return Object.hasOwn(clients, issuer) ? clients[issuer]! : [];
  return client ? [client.clientId] : [];
}

/** Where security events are pushed; nowhere, where all transmitters are polled. */
export const eventsPath = ({ path = EVENTS_PATH, transmitters }: EventSignalOptions): string | undefined =>
  transmitters.some(({ poll }) => !poll) ? path : undefined;

/** The routes of the signals, as `authorization.routes` declares those of others: each authenticates its callers by itself. */
export function signalRoutes({ logout, events }: SignalsOptions) {
  const pushed = events && eventsPath(events);
  const route = (path: string, reason: string) => ({
    method: 'POST' as const,
    path,
    access: 'unmanaged' as const,
    reason,
  });
  return [
    ...(logout
      ? [route(logout.path ?? LOGOUT_PATH, 'Logout tokens are signed by their issuer (signals.logout).')]
      : []),
    ...(pushed === undefined
      ? []
      : [route(pushed, 'Security events are signed by their transmitter (signals.events).')]),
  ];
}
