import { type Attack, type Running, type Send, type Stage } from '../application.js';
import { bearer, callByHand } from '../parts.js';

/** On promise 1: no token past the boundary. */
export function tokenAttacks({ send }: Running, { world, tokens }: Stage): Attack[] {
  const shown = (name: string, call: () => ReturnType<Send>): Attack => ({
    promise: 1,
    name,
    async run() {
      const { text } = await call();
      return tokens().some(token => text.includes(token)) ? text.slice(0, 200) : undefined;
    },
  });
  return [
    shown('a handler reads the token of its caller on the request', () =>
      send('/accounts/request', bearer(world.userToken())),
    ),
    shown('a tool reads the token of its caller', () => callByHand(send, world.userToken(), 'context')),
    shown('an API that answers with what it was sent gives a handler the token of the call', () =>
      send('/accounts/echo', bearer(world.userToken())),
    ),
    ...['/accounts/me', '/nowhere'].map(path =>
      shown(`what stands before the guard, or a log, is shown a token in the query of ${path}`, () =>
        send(`${path}?access_token=${world.userToken()}`),
      ),
    ),
  ];
}
