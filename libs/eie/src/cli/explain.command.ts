import { readFile } from 'node:fs/promises';
import { EieConfigurationError } from 'execution-identity';
import { parseStrictJson } from 'execution-identity/internal';
import { type Command, UsageError, wrapped } from 'execution-identity/internal/cli';
import { type Explanation } from '../boot/dry-run/explanation.js';
import { APP_OPTION, APP_USAGE } from './app-option.js';
import { explanationText } from './explanation-text.js';

type Claims = Readonly<Record<string, unknown>>;

export const explainCommand: Command = {
  name: 'explain',
  summary: 'says whether a call would be allowed, who would refuse it, and what APIs would see',
  usage: [
    'explain <tool> --as <claims.json> --app <file>#<name> [--agent <client_id>]',
    '',
    '<tool>               a tool, resource:<name>, prompt:<name>, or the',
    '                     Class.method of any handler',
    '--as <claims.json>   the claims of an access token of a configured issuer, and',
    '                     not the token: { "iss", "aud", "sub", "scope", … }.',
    '                     Without "iat" and "exp", of one that is issued now',
    '--agent <client_id>  the client that the token is of, in place of the one that',
    '                     the claims name',
    ...APP_USAGE,
    '--json               one line: { handler, allowed, refusal: { code, operand,',
    '                     message, fix, claim, expected, scopes } | null, assumed,',
    '                     identity: { actor, agent, scopes, roles, acr, amr,',
    '                     authenticated_at, session_id,',
    '                     dropped: [{ scope, by }] } | null,',
    '                     policyEngine, approval, dataSubjects,',
    '                     targets: [{ name, mode, allowed, refusal, call: { url,',
    '                     token, txn_token, headers } | null }] }',
    '                     operand: token, agent, tenant, actor, login, policy,',
    '                     revocation, handler, target or server',
    '                     policyEngine: none, not_asked, needs_arguments, allows,',
    '                     denies or unreachable',
    '',
    'A dry run: the code that decides about calls decides. It looks at no',
    'signature, no header of a token and no proof of possession. Nothing runs, no',
    'token is asked for, nothing is recorded. The policy engine, the revocation',
    'store and the sources of issuers, agents and clients are asked as for a call.',
    '',
    'exit code  0  allowed, or allowed once a person approves it',
    '           1  refused, or the application would not start',
    '           2  the command is wrong',
  ],
  operands: 1,
  options: { ...APP_OPTION, as: { type: 'string' }, agent: { type: 'string' }, json: { type: 'boolean' } },
  async run(typed, terminal) {
    const [name] = typed.positionals;
    if (name === undefined)
      throw new UsageError('Name one tool: explain <tool> --as <claims.json> --app dist/app.module.js#AppModule');
    const clientId = typed.text('agent');
    if (clientId === '') throw new UsageError('--agent needs the client id that the token is of.');
    const claims = await claimsIn(typed.text('as'));
    try {
      const explanation = await explain(typed.text('app'), name, { claims, clientId });
      terminal.write(typed.isSet('json') ? `${JSON.stringify(explanation)}\n` : explanationText(explanation));
      return explanation.allowed ? 0 : 1;
    } catch (error) {
      if (!(error instanceof EieConfigurationError)) throw error;
      terminal.note(`${error.message}\n`);
      return 1;
    }
  },
};

async function explain(
  reference: string | undefined,
  name: string,
  caller: { readonly claims: Claims; readonly clientId: string | undefined },
): Promise<Explanation> {
  const { withApplication } = await import('./application.js');
  const { DryRun } = await import('../boot/dry-run/dry-run.js');
  return withApplication(reference, async app => {
    const dryRun = dryRunOf(() => app.get(DryRun, { strict: false }));
    const [handler, ...others] = dryRun.find(name);
    if (!handler) throw new UsageError(unknown(name, dryRun.names));
    if (others.length)
      throw new UsageError(
        several(
          name,
          [handler, ...others].map(({ entry }) => entry.name),
        ),
      );
    return dryRun.explain(handler, caller);
  });
}

/** A receiver decides by two credentials, which no claims stand for. */
function dryRunOf<Found>(find: () => Found): Found {
  try {
    return find();
  } catch {
    throw new UsageError('The application has no EieModule. Of a receiver there is nothing to explain.');
  }
}

function unknown(name: string, known: readonly string[]): string {
  const names = known.length ? `It has:${listed(known)}` : 'It has none.';
  return `${wrapped(`The application has no handler "${name}" that this library decides about.`)}${names}`;
}

const several = (name: string, methods: readonly string[]): string =>
  `Several routes have a handler "${name}". Name one of:${listed(methods)}`;

const listed = (names: readonly string[]): string => names.map(one => `\n  ${one}`).join('');

async function claimsIn(file: string | undefined): Promise<Claims> {
  if (!file) throw new UsageError('Name the file of claims: --as claims.json');
  const bytes = await readFile(file).catch(() => {
    throw new UsageError(`${file} cannot be read.`);
  });
  try {
    const claims = parseStrictJson(bytes);
    if (typeof claims === 'object' && claims !== null && !Array.isArray(claims)) return claims as Claims;
  } catch {
    // Its message is the same for all that is wrong.
  }
  throw new UsageError(`${file} is no JSON object of claims. Write the payload of a token into it, and not the token.`);
}
