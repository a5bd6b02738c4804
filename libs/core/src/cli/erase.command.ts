import { dirname } from 'node:path';
import { erasePerson } from '../audit/person/erase-person.js';
import { type Command, type Typed, UsageError } from './command.js';
import { logFolders } from './folders.js';
import { pseudonymsOf } from './pseudonyms-of.js';

export const eraseCommand: Command = {
  name: 'erase',
  summary: 'removes the key of a person: nobody can tell any more whose pseudonym it was',
  usage: [
    'erase [folder] --issuer <url> --actor <sub> [--tenant <id>]',
    '',
    'It is of all logs in the folder and cannot be undone. No record is changed: verify says what it said before.',
    'Issuer and tenant are those of the records: actor_issuer and tenant. A purge() that names no tenant makes a key without one: erase that too.',
    'Records that were written without pseudonyms keep the name: who --actor <sub> shows them.',
  ],
  operands: 1,
  options: { issuer: { type: 'string' }, actor: { type: 'string' }, tenant: { type: 'string' } },
  async run(typed, { write, note }) {
    const [folder] = await logFolders(typed.positionals[0]);
    const person = { issuer: required(typed, 'issuer'), sub: required(typed, 'actor'), tenant: typed.text('tenant') };
    if (await erasePerson(dirname(folder!), person)) {
      write('Erased. A process that writes here notices it within a minute.\n');
      const left = await pseudonymsOf(person.sub, [folder!]);
      if (left.length) write(`${LEFT}\n${left.map(name => `  ${name}\n`).join('')}`);
      return 0;
    }
    note('There is no such key. Look for the issuer and the tenant with: who --actor <sub> --json\n');
    return 1;
  },
};

/** Of the same subject at another issuer or tenant, who may be somebody else. */
const LEFT =
  'Other keys of this subject are still here: of another issuer or tenant, or without a tenant. See whose with: who --actor <sub> --json';

function required(typed: Typed, name: string): string {
  const text = typed.text(name);
  if (text === undefined) throw new UsageError(`--${name} is missing: it says whose key goes.`);
  return text;
}
