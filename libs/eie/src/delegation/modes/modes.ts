import { type DelegationMode } from 'execution-identity';
import { type Mode } from './mode.js';
import { onBehalfOf } from './on-behalf-of.js';
import { restrictedUser } from './restricted-user.js';
import { serviceIdentity } from './service-identity.js';

/** How a target of each mode is called. */
export const MODES: Record<DelegationMode, Mode> = {
  service_identity: serviceIdentity,
  on_behalf_of: onBehalfOf,
  restricted_user: restrictedUser,
};
