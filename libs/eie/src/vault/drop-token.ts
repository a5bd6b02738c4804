import { held } from './token-vault.js';

/** The request or the execution has ended: its token is dropped. */
export function dropToken(owner: object): void {
  held.delete(owner);
}
