import { dirname } from 'node:path';
import { erasePerson } from '../audit/person/erase-person.js';
import { type Command, type Typed, UsageError } from './command.js';
import { logFolders } from './folders.js';

export const eraseCommand: Command = {
  name: 'erase',
  summary: 'removes the key of a person: nobody can tell any more whose pseudonym it was',
  usage: [
    'erase [folder] --issuer <url> --actor <sub> [--tenant <id>]',
    '',
    'It is of all logs in the folder and cannot be undone. No record is changed: verify says what it said before.',
    'Issuer and tenant are those of the records: actor_issuer and tenant.',
  ],
  operands: 1,
  options: { issuer: { type: 'string' }, actor: { type: 'string' }, tenant: { type: 'string' } },
  async run(typed, { write, note }) {
    const [folder] = await logFolders(typed.positionals[0]);
    const person = { issuer: required(typed, 'issuer'), sub: required(typed, 'actor'), tenant: typed.text('tenant') };
    if (await erasePerson(dirname(folder!), person)) {
      write('Erased. A process that writes here notices it within a minute.\n');
      return 0;
    }
    note('There is no such key. Look for the issuer and the tenant with: who --actor <sub> --json\n');
    return 1;
  },
};

function required(typed: Typed, name: string): string {
  const text = typed.text(name);
  if (text === undefined) throw new UsageError(`--${name} is missing: it says whose key goes.`);
  return text;
}
