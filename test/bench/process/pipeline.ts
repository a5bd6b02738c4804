import { COLD_NO_AUDIT, HTTP_CONTENDERS, NO_GUARD, TWIN, WARM_NO_AUDIT } from '../http/contenders.js';
import { inTurn } from '../load/tokens.js';
import { injected } from './injected.js';
import { contendersOf, type Prepared, type Setting } from './operation.js';
import { RAW, rawVerification } from './verification.js';

/** As a server has them that is not idle: one after the other, each would find the caches of the processor cold. */
export const AT_ONCE = 16;
const CONTENDERS = [NO_GUARD, TWIN, WARM_NO_AUDIT, COLD_NO_AUDIT];

/** A whole request, by `app.inject()`: the contenders of the HTTP benchmark, without a server and its client. */
export async function pipeline({ keys, tokens, strangers, folder, ms }: Setting): Promise<Prepared> {
  const apps = await Promise.all(
    CONTENDERS.map(async name => ({ name, app: await injected(await HTTP_CONTENDERS[name]!({ keys, folder })) })),
  );
  const requests = apps.map(({ name, app }) => {
    const next = inTurn(name === COLD_NO_AUDIT ? strangers : tokens);
    return { name, inFlight: AT_ONCE, run: () => app.get('/me', next()) };
  });
  return {
    contenders: contendersOf(ms, [rawVerification(RAW, keys, tokens), ...requests]),
    close: async () => {
      for (const { app } of apps) await app.close();
    },
  };
}
