import { EieConfigurationError } from 'execution-identity';
import { type Command, type Terminal, type Typed, wrapped } from 'execution-identity/internal/cli';
import { type PostureDocument } from '../boot/posture/posture-document.js';
import { APP_OPTION, APP_USAGE } from './app-option.js';
import { type Change, type Direction } from './change.js';
import { postureText, readPosture, writePosture } from './posture-file.js';

const TITLES: Readonly<Record<Direction, string>> = {
  wider: 'WIDER: it allows more than before',
  narrower: 'NARROWER: it allows less',
  other: 'OTHER: it allows something else',
};

/** Nest is loaded only where a command needs it: those of the audit log do not. */
export const postureCommand: Command = {
  name: 'posture',
  summary: 'says what an application allows, and compares it with what was reviewed',
  usage: [
    'posture --app <file>#<name> [--check <posture.json>] [--write <posture.json>]',
    '',
    ...APP_USAGE,
    '--check <file>       compares; every difference is one line',
    '--write <file>       writes the posture, to be committed and reviewed',
    '--json               the posture, or the differences, as JSON',
    '',
    'exit code  0  the posture is the one of the file',
    '           1  it differs, or the application would not start',
    '           2  the command is wrong',
    '',
    'Versions and keys differ between installations: they are shown and not compared.',
  ],
  operands: 0,
  options: {
    ...APP_OPTION,
    check: { type: 'string' },
    write: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run(typed, terminal) {
    const { withApplication } = await import('./application.js');
    const { Posture } = await import('../boot/posture/posture.js');
    const [check, write] = [typed.text('check'), typed.text('write')];
    const committed = check === undefined ? undefined : await readPosture(check);
    try {
      const { document, sha256 } = await withApplication(typed.text('app'), app => {
        const posture = app.get(Posture, { strict: false });
        return { document: posture.document, sha256: posture.sha256 };
      });
      if (committed) return await compare(committed, document, { file: check!, typed, terminal, write });
      if (write !== undefined) await writePosture(write, document);
      if (write === undefined || typed.isSet('json')) terminal.write(postureText(document));
      terminal.note(`sha256 ${sha256}\n`);
      return 0;
    } catch (error) {
      if (!(error instanceof EieConfigurationError)) throw error;
      terminal.note(`${error.message}\n`);
      return 1;
    }
  },
};

interface Comparison {
  readonly file: string;
  readonly typed: Typed;
  readonly terminal: Terminal;
  readonly write: string | undefined;
}

async function compare(
  before: PostureDocument,
  after: PostureDocument,
  { file, typed, terminal, write }: Comparison,
): Promise<0 | 1> {
  const { deploymentChanges, postureChanges } = await import('./posture-changes.js');
  const [changes, notes] = [postureChanges(before, after), deploymentChanges(before, after)];
  if (write !== undefined && changes.length) await writePosture(write, after);
  if (typed.isSet('json')) terminal.write(`${JSON.stringify({ equal: !changes.length, changes, notes })}\n`);
  else if (changes.length) terminal.write(report(changes, file));
  else terminal.write(`The posture is the one of ${file}.\n`);
  if (notes.length && !typed.isSet('json')) terminal.note(lines(`Of this installation, beside its posture:`, notes));
  return changes.length ? 1 : 0;
}

function report(changes: readonly Change[], file: string): string {
  const groups = (['wider', 'narrower', 'other'] as const).flatMap(direction => {
    const own = changes.filter(one => one.direction === direction);
    return own.length ? [lines(TITLES[direction], own)] : [];
  });
  const advice = `If this is what is meant, run the command with --write ${file} in place of --check, and commit the file, so that somebody reviews it.`;
  return `${groups.join('\n')}\n${wrapped(advice)}`;
}

const lines = (title: string, changes: readonly Change[]): string =>
  `${title}\n${changes.map(({ text }) => `  ${text}\n`).join('')}`;
