import { exchanging, type Mode } from './mode.js';

/**
 * For a target that cannot read `act`: the user's token is issued anew for that one audience, with fewer scopes. This
 * server adds no actor; an inbound chain stays.
 */
export const restrictedUser: Mode = exchanging({ requested: 'impersonation', actsItself: false });
