import { ACR, AMR } from './claims.js';
import { loginPage } from './login-page.js';
import type { OidcProvider } from './oidc-provider.js';
import type { Registry } from './registry.js';

type Middleware = Parameters<OidcProvider['use']>[0];
type Context = Parameters<Middleware>[0];

const MAX_FORM_LENGTH = 4096;

export const interactionPath = (uid: string): string => `/interaction/${uid}`;

/** The login page. Logging in is consenting, so a request for consent alone is answered without a page. */
export function interaction(provider: OidcProvider, registry: Registry): Middleware {
  return async (ctx, next) => {
    const ours = ctx.path.startsWith(interactionPath(''));
    const pending = ours ? await provider.interactionDetails(ctx.req, ctx.res) : undefined;
    if (!pending || ctx.path !== interactionPath(pending.uid)) await next();
    else if (pending.prompt.name === 'consent') await finish(ctx, provider, { consent: {} });
    else if (ctx.method !== 'POST') showForm(ctx, pending, registry);
    else {
      const form = await readForm(ctx);
      const account = registry.authenticate(form.get('username') ?? '', form.get('password') ?? '');
      if (account) await finish(ctx, provider, { login: { accountId: account.sub, acr: ACR, amr: AMR }, consent: {} });
      else showForm(ctx, pending, registry, 'User name or password is wrong.');
    }
  };
}

type Pending = Awaited<ReturnType<OidcProvider['interactionDetails']>>;

function showForm(ctx: Context, { params }: Pending, registry: Registry, failure?: string): void {
  const client = registry.client(String(params.client_id));
  ctx.set({
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
  });
  ctx.type = 'html';
  ctx.status = failure === undefined ? 200 : 403;
  ctx.body = loginPage({
    client: client?.client_name ?? String(params.client_id),
    resource: [params.resource].flat().join(', '),
    scope: [params.scope].flat().join(' '),
    failure,
  });
}

type Result = Parameters<OidcProvider['interactionResult']>[2];

async function finish(ctx: Context, provider: OidcProvider, result: Result): Promise<void> {
  const returnTo = await provider.interactionResult(ctx.req, ctx.res, result);
  ctx.status = 303;
  ctx.redirect(returnTo);
}

async function readForm(ctx: Context): Promise<URLSearchParams> {
  if (!ctx.is('urlencoded')) ctx.throw(415);
  let form = '';
  for await (const chunk of ctx.req.setEncoding('utf8')) {
    form += String(chunk);
    if (form.length > MAX_FORM_LENGTH) ctx.throw(413);
  }
  return new URLSearchParams(form);
}
