import { EieConfigurationError } from 'execution-identity';
import { type Command, wrapped } from 'execution-identity/internal/cli';
import { type Finding } from '../issuers/finding.js';
import { APP_OPTION, APP_USAGE } from './app-option.js';

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'says what would be refused at boot, and whether issuers, keys and clock are fit',
  usage: [
    'doctor --app <file>#<name> [--json]',
    '',
    ...APP_USAGE,
    '--json               one line: { findings: [{ check, level, message, fix }] }',
    '',
    'It asks the configured issuers for their public documents, and sends no secret.',
    '',
    'exit code  0  no error was found',
    '           1  at least one error',
    '           2  the command is wrong',
  ],
  operands: 0,
  options: { ...APP_OPTION, json: { type: 'boolean' } },
  async run(typed, terminal) {
    const findings = await examine(typed.text('app'));
    if (typed.isSet('json')) terminal.write(`${JSON.stringify({ findings })}\n`);
    else terminal.write(report(findings));
    return findings.some(({ level }) => level === 'error') ? 1 : 0;
  },
};

async function examine(reference: string | undefined): Promise<Finding[]> {
  const { withApplication } = await import('./application.js');
  const { Posture } = await import('../boot/posture/posture.js');
  const { IssuerExamination } = await import('../issuers/issuer-examination.js');
  const { exchangingIssuers, postureFindings } = await import('./posture-findings.js');
  try {
    return await withApplication(reference, async app => {
      const { document } = app.get(Posture, { strict: false });
      const issuers = await app.get(IssuerExamination, { strict: false }).findings(exchangingIssuers(document));
      const booted: Finding = {
        check: 'boot',
        level: 'ok',
        message: 'The configuration is read, and every boot check holds.',
      };
      return [booted, ...issuers, ...postureFindings(document)];
    });
  } catch (error) {
    if (!(error instanceof EieConfigurationError)) throw error;
    // What the application itself has thrown is told as it is.
    return error.cause === undefined
      ? refusals(error.message)
      : [{ check: 'boot', level: 'error', message: error.message }];
  }
}

/** One for each reason why the application would not start. Each says by itself how it is mended. */
function refusals(message: string): Finding[] {
  const reasons = message.split(/^ {2}- /m).slice(1);
  return (reasons.length ? reasons : [message]).map(reason => {
    const text = reason.trim().replace(/\s+/g, ' ');
    // Where it is said, `(Module, file:line)`, stands at the end.
    const place = / \([^()]*\)$/.exec(text)?.[0] ?? '';
    const [what, fix] = sentenceAndFix(text.slice(0, text.length - place.length));
    // A name of an option alone says nothing.
    const isSentence = fix !== undefined && what.includes(' ');
    return { check: 'boot', level: 'error', message: isSentence ? what + place : text, ...(isSentence && { fix }) };
  });
}

/** Parted at the last colon that is in no brackets, so that no code comes apart. */
function sentenceAndFix(text: string): [what: string, fix?: string] {
  let [depth, at] = [0, -1];
  for (let i = 0; i < text.length; i++) {
    if ('({['.includes(text[i]!)) depth++;
    else if (')}]'.includes(text[i]!)) depth = Math.max(0, depth - 1);
    else if (depth === 0 && text.startsWith(': ', i)) at = i;
  }
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 2)];
}

const MARKS: Readonly<Record<Finding['level'], string>> = { ok: 'ok', warning: 'WARNING', error: 'ERROR' };

function report(findings: readonly Finding[]): string {
  const lines = findings.map(
    ({ check, level, message, fix }) =>
      `${wrapped(`${MARKS[level]} ${check}: ${message}`)}${fix === undefined ? '' : wrapped(fix, '    ')}`,
  );
  const count = (level: Finding['level']): number => findings.filter(one => one.level === level).length;
  return `${lines.join('')}\n${counted(count('error'), 'error')}, ${counted(count('warning'), 'warning')}.\n`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
