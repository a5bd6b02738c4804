import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { AuditLogError } from '../audit/log/audit-log-error.js';
import { checkCommand } from './check.command.js';
import { oneLine } from '../printable.js';
import { type Command, type Terminal, type Typed, UsageError } from './command.js';
import { eraseCommand } from './erase.command.js';
import { exportCommand } from './export.command.js';
import { receiptCommand } from './receipt.command.js';
import { tailCommand } from './tail.command.js';
import { verifyCommand } from './verify.command.js';
import { whoCommand } from './who.command.js';

const COMMANDS: readonly Command[] = [
  verifyCommand,
  whoCommand,
  tailCommand,
  receiptCommand,
  checkCommand,
  exportCommand,
  eraseCommand,
];

/**
 * Runs a command line: `audit verify …`. It only reads logs; `receipt` writes a file, `erase` removes the key of a person.
 *
 * @param argv without the program: `process.argv.slice(2)`
 * @param program as the user has typed it, for the help
 * @param further commands of the program beside the group `audit`
 */
export async function runCommandLine(
  argv: readonly string[],
  program: string,
  terminal: Terminal,
  further: readonly Command[] = [],
): Promise<number> {
  const isAudit = argv[0] === 'audit';
  const command = namedCommand(argv, further);
  if (!command) return unnamed(isAudit ? argv[1] : argv[0], program, terminal, isAudit ? [] : further);
  try {
    const typed = parse(command, argv.slice(isAudit ? 2 : 1));
    if (!typed) {
      terminal.write(helpOf(command, isAudit ? `${program} audit` : program));
      return 0;
    }
    return await command.run(typed, terminal);
  } catch (error) {
    if (error instanceof UsageError || error instanceof TypeError) {
      terminal.note(`${error.message}\n`);
      return 2;
    }
    if (!(error instanceof AuditLogError) && !isOfSystem(error)) throw error;
    terminal.note(`${error.message}\n`);
    return error instanceof AuditLogError ? 1 : 2;
  }
}

/** The command of a command line, as {@link runCommandLine} finds it. */
export function namedCommand([first, second]: readonly string[], further: readonly Command[]): Command | undefined {
  return first === 'audit' ? COMMANDS.find(({ name }) => name === second) : further.find(({ name }) => name === first);
}

/** Where no command is named, or none that there is. */
function unnamed(word: string | undefined, program: string, terminal: Terminal, further: readonly Command[]): number {
  if (word === '--version' || word === '-v') {
    terminal.write(`${version()}\n`);
    return 0;
  }
  const isAsked = word === undefined || ['help', '--help', '-h'].includes(word);
  if (isAsked) terminal.write(help(program, further));
  else terminal.note(`There is no command "${oneLine(word)}".\n\n${help(program, further)}`);
  return isAsked ? 0 : 2;
}

/** All packages have one. */
const version = (): string =>
  (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;

/** A file that cannot be read, a port that is taken: the message names it, and a stack would say no more. */
const isOfSystem = (error: unknown): error is NodeJS.ErrnoException =>
  typeof (error as NodeJS.ErrnoException | null)?.syscall === 'string';

/** @returns `undefined` where help is asked for */
function parse(command: Command, args: readonly string[]): Typed | undefined {
  const parsed = parsedOf(command, args);
  const values: Record<string, string | boolean | (string | boolean)[] | undefined> = parsed.values;
  if (values.help) return undefined;
  // A shell makes several of `logs/*`: none may pass for one that was read.
  const surplus = parsed.positionals[command.operands];
  if (surplus !== undefined)
    throw new UsageError(`What does "${oneLine(surplus)}" mean? It is one too many:\n\n${command.usage[0]}`);
  return {
    positionals: parsed.positionals,
    text: name => values[name] as string | undefined,
    list: name => (values[name] as string[] | undefined) ?? [],
    isSet: name => values[name] === true,
  };
}

function parsedOf(command: Command, args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...command.options, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${command.usage.join('\n')}`);
  }
}

const help = (program: string, further: readonly Command[]): string =>
  [
    ...(further.length ? [`${program} <command>: what an application allows, and whether it would start.`, ''] : []),
    ...further.map(summary),
    ...(further.length ? [''] : []),
    `${program} audit <command>: reads an audit log of execution identities. It needs no server and changes no record.`,
    '',
    ...COMMANDS.map(summary),
    '',
    `The folder is that of audit.directory (default eie-audit) or of one instance in it. ${program} audit <command> --help says more.`,
    '',
  ].join('\n');

const summary = ({ name, summary: text }: Command): string => `  ${name.padEnd(9)}${text}`;

const helpOf = ({ summary: text, usage }: Command, program: string): string =>
  [`${text}\n`, `${program} ${usage[0]}`, ...usage.slice(1).map(line => (line ? `  ${line}` : '')), ''].join('\n');
