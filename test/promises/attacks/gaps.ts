import { type Attack, type Running, type Stage } from '../application.js';
import { bearer, callByHand, refused, unmoved } from '../parts.js';

/** On promise 3: no silent gap. */
export function gapAttacks({ send }: Running, { world }: Stage): Attack[] {
  return [
    refused(3, 'a user without the scope reads the balance', () =>
      send('/accounts/balance', bearer(world.userToken())),
    ),
    unmoved(
      3,
      'a user without the scope calls the tool',
      () => callByHand(send, world.userToken(), 'balance'),
      'error',
      'balance of',
    ),
  ];
}
