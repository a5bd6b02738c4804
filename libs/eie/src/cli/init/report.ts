import { wrapped } from 'execution-identity/internal/cli';
import { type FileChange } from './file-changes.js';
import { environmentExample, generatedFiles, MODULE_FILE, MODULE_NAME } from './generated-files.js';
import { type NestProject } from './nest-project.js';
import { type Plan, shown } from './plan.js';
import { REASON } from './public-routes.js';
import { unifiedDiff } from './unified-diff.js';

const COLOURS = { '+': '\u001b[32m', '-': '\u001b[31m', '@': '\u001b[36m' } as const;
const RESET = '\u001b[0m';

/** The changes as one diff, in colours where somebody looks at it. */
export function diffOf(project: NestProject, changes: readonly FileChange[], isInteractive: boolean): string {
  const lines = changes.flatMap(({ file, before, after }) => unifiedDiff(shown(project, file), before, after));
  return lines
    .map(line => {
      const colour = isInteractive && Object.hasOwn(COLOURS, line[0]!) ? COLOURS[line[0] as keyof typeof COLOURS] : '';
      return `${colour}${line}${colour && RESET}\n`;
    })
    .join('');
}

/** What the changes mean for the routes and the tests that the application has. */
export function remarksOf({ open, undecided, notes }: Plan): string {
  const parts: string[] = [];
  if (open.length)
    parts.push(
      `${wrapped(`Every route needs a policy. These had no guard, so they stay open and say so ("${REASON}"). Review each:`)}${listed(open)}`,
    );
  if (undecided.length)
    parts.push(
      `${wrapped(
        'YOU DECIDE: the application does not start until each of these has a policy. Keep a guard of your own with @Unmanaged(YourGuard, { reason: "…" }) in place of @UseGuards(YourGuard), or demand a verified token with @Authenticated() or @RequireScopes("…"):',
      )}${listed(undecided)}`,
    );
  if (notes.length) parts.push(`By hand:\n${listed(notes)}`);
  return parts.map(part => `\n${part}`).join('');
}

/** How to go on after the files are written. */
export const nextSteps = (installed: boolean, mcpPath: string): string =>
  [
    '',
    'Next:',
    ...(installed ? [] : ['  install the packages of package.json']),
    '  npx nestjs-eie dev -- <your start command, such as npm run start:dev>',
    `  npx nestjs-eie token --sub alice: a token, for the tool whoami at ${mcpPath}`,
    'With your own issuer: set EIE_RESOURCE and EIE_ISSUER, as .env.example says.',
    '',
  ].join('\n');

/** What the command would have written, for somebody who adds it to a project that it does not understand. */
export function byHand({ manifest, isEsm }: NestProject): string {
  const extension = isEsm ? '.js' : '';
  const { name = 'mcp-server', version = '0.0.1' } = manifest;
  const files = generatedFiles({ extension, quote: "'", newline: '\n', name, version });
  return [
    wrapped('Nothing was changed. Add it by hand. Beside the root module, in a folder "identity":'),
    ...Object.entries(files).map(([file, text]) => `--- identity/${file}\n${text}\n`),
    'In the root module:\n',
    `  import { ${MODULE_NAME} } from './identity/${MODULE_FILE}${extension}';`,
    `  @Module({ imports: [${MODULE_NAME}, …], … })\n`,
    wrapped('Each handler of HTTP needs a policy, such as @Authenticated() or @Public({ reason }).'),
    'The environment:\n',
    environmentExample('/mcp'),
    'The packages:\n',
    '  npm install nestjs-eie @modelcontextprotocol/server class-validator class-transformer',
    '',
  ].join('\n');
}

const listed = (lines: readonly string[]): string => lines.map(line => `  ${line}\n`).join('');
