import { type Command, UsageError } from 'execution-identity/internal/cli';
import { type DevTokenRequest } from './dev/dev-page.js';
import { devProject } from './dev/dev-project.js';
import { runningSession } from './dev/session-file.js';

export const tokenCommand: Command = {
  name: 'token',
  summary: 'prints an access token of the local authorization server of dev',
  usage: [
    'token [--sub <user>] [--scope <scopes>] [--agent <id>] [--tenant <id>]',
    '      [--role <role>]… [--expires-in <seconds>]',
    '',
    '--sub <user>            anybody; without it the token is of a service',
    "--scope <scopes>        separated by spaces: --scope 'orders:read orders:write'",
    '--agent <id>            who acts for the user (default: the client itself)',
    '--tenant <id>           (default: that of the user of dev --user)',
    '--role <role>           once for each',
    '--expires-in <seconds>  default 3600; --expires-in=-60 makes one that has expired',
    '',
    'It prints the token and nothing else: TOKEN=$(npx nestjs-eie token --sub alice)',
    '',
    'exit code  0  the token is printed',
    '           2  the command is wrong, or dev does not run for this project',
  ],
  operands: 0,
  options: {
    sub: { type: 'string' },
    scope: { type: 'string' },
    agent: { type: 'string' },
    tenant: { type: 'string' },
    role: { type: 'string', multiple: true },
    'expires-in': { type: 'string' },
  },
  async run(typed, terminal) {
    const [sub, scope, agent, tenant, expiresIn] = ['sub', 'scope', 'agent', 'tenant', 'expires-in'].map(name =>
      typed.text(name),
    );
    const roles = typed.list('role');
    const { token, expiresIn: lifetime } = await ask({
      ...(sub !== undefined && { sub }),
      ...(tenant !== undefined && { tenant }),
      ...(agent !== undefined && { agent }),
      ...(roles.length && { roles }),
      ...(scope !== undefined && { scopes: scope.split(' ').filter(Boolean) }),
      ...(expiresIn !== undefined && { expiresIn: Number(expiresIn) }),
    });
    terminal.write(`${token}\n`);
    if (process.stderr.isTTY) terminal.note(`It expires in ${lifetime} seconds.\n`);
    return 0;
  },
};

async function ask(request: DevTokenRequest): Promise<{ readonly token: string; readonly expiresIn: number }> {
  const { url, secret } = runningSession(devProject(process.cwd()));
  const response = await fetch(`${url}/token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify(request),
  }).catch(() => {
    throw new UsageError(`nestjs-eie dev does not answer at ${url}: end it, and start it again.`);
  });
  const answer = (await response.json()) as { token: string; expiresIn: number; error?: string };
  if (!response.ok) throw new UsageError(`No token: ${answer.error}`);
  return answer;
}
