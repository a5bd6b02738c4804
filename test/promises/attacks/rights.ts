import { API_PATH } from '../api.js';
import { type Attack, type Running, type Stage } from '../application.js';
import { bearer } from '../parts.js';

/** On promise 4: no wider right. */
export function rightAttacks({ send }: Running, { world, api, tokens }: Stage): Attack[] {
  const calls = async (path: string, token: string) => {
    const before = api.requests.length;
    const { status, text } = await send(path, bearer(token));
    return { status, text, sent: api.requests.slice(before) };
  };
  const nothingSent = (name: string, path: string): Attack => ({
    promise: 4,
    name,
    async run() {
      const { status, text, sent } = await calls(path, world.userToken({ scope: 'orders:read billing:read' }));
      return status >= 400 && !sent.length ? undefined : `${status}: ${text.slice(0, 100)}, ${sent.length} sent`;
    },
  });
  return [
    {
      promise: 4,
      name: 'an API gets more than the user, the token and the target allow',
      async run() {
        const token = world.userToken({ scope: 'orders:read billing:read' });
        const { sent, status } = await calls('/accounts/orders', token);
        if (!sent.length) return `nothing was sent: ${status}`;
        return sent.map(({ url, headers }) => {
          const given = (headers.authorization ?? '').replace('Bearer ', '');
          if (!url.startsWith(`${API_PATH}/`)) return `sent to ${url}`;
          if (given === token || !tokens().includes(given)) return 'it got another token than a new one';
          const scopes = [given, String(headers['txn-token'])].map(scopeOf);
          return scopes.every(scope => scope === 'orders:read') ? undefined : scopes.join();
        })[0];
      },
    },
    nothingSent('a handler calls an API that it has not declared', '/accounts/undeclared'),
    nothingSent('a handler climbs out of the path of its API', '/accounts/climb'),
  ];
}

function scopeOf(token: string): string | undefined {
  const [, payload = ''] = token.split('.');
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { scope?: string }).scope;
}
