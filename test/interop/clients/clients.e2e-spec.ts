import { NODE_JOURNEYS } from './journeys.js';

/** Each journey of each client on one of the two adapters: `npm run interop` runs them on both, and those in a browser. */
describe('the official clients find, sign in, call, step up and refresh by themselves:', () => {
  it.each(NODE_JOURNEYS.filter(({ quick }) => quick))('$name', ({ run }) => run());
});
