import { UsageError } from 'execution-identity/internal/cli';
import { type TestUser } from '../../testing/authorization-server/server.options.js';
import { type DevUser } from './dev-page.js';

const DEFAULT: readonly DevUser[] = [
  { sub: 'alice', name: 'Alice', tenant: null, roles: [] },
  { sub: 'bob', name: 'Bob', tenant: null, roles: [] },
];

/** @param given each `sub`, `sub:tenant` or `sub:tenant:role,role` @throws UsageError */
export function devUsers(given: readonly string[]): readonly DevUser[] {
  return given.length ? given.map(devUser) : DEFAULT;
}

function devUser(text: string): DevUser {
  const [sub, tenant = '', roles = '', ...more] = text.split(':');
  if (!sub || more.length)
    throw new UsageError(`--user takes sub, sub:tenant or sub:tenant:role,role, and not "${text}".`);
  return { sub, name: sub, tenant: tenant || null, roles: roles.split(',').filter(Boolean) };
}

export const asTestUser = ({ sub, name, tenant, roles }: DevUser): TestUser => ({
  sub,
  name,
  ...(tenant !== null && { tenant }),
  ...(roles.length && { roles }),
});
