import { exchanging, type Mode } from './mode.js';

/** The server calls for the user (RFC 8693 §1.1, delegation): `sub` stays the user, `act` is this server over the inbound chain. */
export const onBehalfOf: Mode = exchanging({ requested: 'delegation', actsItself: true });
