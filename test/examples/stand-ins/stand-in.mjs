import { jwks } from '../../presets/providers.ts';
import { startTokenEndpoint } from '../../delegation-dialects/token-endpoint.ts';

/**
 * A provider on loopback: its token endpoint, which refuses what the provider refuses, and its keys.
 *
 * @returns what an example has to find elsewhere: the hosts of the provider, and where they are
 */
export async function startStandIn(stage, provider, keysUrl) {
  const endpoint = await startTokenEndpoint(provider);
  const keys = await stage.loopback((_request, response) => response.end(JSON.stringify(jwks)));
  stage.closes(() => endpoint.close());
  return { ...endpoint.routes, [keysUrl]: keys.url };
}
