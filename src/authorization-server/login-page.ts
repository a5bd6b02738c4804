export interface LoginPage {
  client: string;
  resource: string;
  scope: string;
  /** Shown above the form after a failed attempt. */
  failure?: string | undefined;
}

/** The form goes to the address the page came from. */
export function loginPage({ client, resource, scope, failure }: LoginPage): string {
  return page(
    'Sign in',
    `<p><strong>${escaped(client)}</strong> asks to use ${escaped(resource)} for you: ${escaped(scope)}.</p>
${failure === undefined ? '' : `<p role="alert">${escaped(failure)}</p>`}
<form method="post">
<p><label>User name <input name="username" autocomplete="username" required autofocus></label></p>
<p><label>Password <input name="password" type="password" autocomplete="current-password" required></label></p>
<p><button>Sign in</button></p>
</form>`,
  );
}

export function errorPage(error: string, description = ''): string {
  return page('Request refused', `<p>${escaped(error)}</p>\n<p>${escaped(description)}</p>`);
}

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<h1>${title}</h1>
${body}
</html>
`;

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, character => ENTITIES[character] ?? '');
