import { type LoopbackAnswer } from './loopback-server.js';

/** What a user is asked. */
export interface Consent {
  /** Under which the form names the request. */
  readonly request: string;
  readonly client: { readonly id: string; readonly name: string };
  /** Who will act for the user: the agent of the client, or the client itself. */
  readonly agent: string;
  readonly resource: string;
  readonly scopes: readonly string[];
  /** Where the user goes from here. */
  readonly host: string;
  readonly users: readonly { readonly sub: string; readonly name: string; readonly tenant?: string | undefined }[];
}

/** A page that names user and agent. It needs no script, and loads nothing. */
export function consentPage({ request, client, agent, resource, scopes, host, users }: Consent): LoopbackAnswer {
  const choices = users.map(({ sub, name, tenant }, i) => {
    const tenantName = tenant === undefined ? '' : ` <small>${escaped(tenant)}</small>`;
    return `<p><label><input type="radio" name="sub" value="${escaped(sub)}" required${i ? '' : ' checked'}> ${escaped(name)} <code>${escaped(sub)}</code>${tenantName}</label></p>`;
  });
  return page(
    200,
    'Allow access?',
    `<p>The agent <strong>${escaped(agent)}</strong> wants to act for you at <strong>${escaped(resource)}</strong>.</p>
<dl>
<dt>Application</dt><dd>${escaped(client.name)} <code>${escaped(client.id)}</code></dd>
<dt>It may</dt><dd>${scopes.length ? scopes.map(scope => `<code>${escaped(scope)}</code>`).join(' ') : 'do what needs no particular right'}</dd>
<dt>Then you go to</dt><dd>${escaped(host)}</dd>
</dl>
<form method="post">
<input type="hidden" name="request" value="${escaped(request)}">
<fieldset><legend>Who are you?</legend>
${choices.join('\n')}
</fieldset>
<p><button name="decision" value="allow">Allow</button> <button name="decision" value="deny" formnovalidate>Deny</button></p>
</form>
<p><small>This authorization server is for tests and development: it asks for no password.</small></p>`,
  );
}

/** What stands in the way of a sign-in, for the person who sees it. */
export const errorPage = (status: number, error: string, description: string): LoopbackAnswer =>
  page(status, 'This sign-in cannot go on', `<p>${escaped(description)}</p>\n<p><code>${escaped(error)}</code></p>`);

const page = (status: number, title: string, content: string): LoopbackAnswer => ({
  status,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  },
  body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 34rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
dt { font-weight: 600; }
button { font: inherit; padding: .5rem 1.5rem; }
</style>
<main>
<h1>${title}</h1>
${content}
</main>
</html>
`,
});

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Controls would turn around or hide what stands beside them; they are replaced. */
const escaped = (text: string): string =>
  text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '\ufffd').replace(/[&<>"']/g, character => ENTITIES[character]!);
