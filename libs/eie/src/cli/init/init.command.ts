import { resolve } from 'node:path';
import { type Command, type ExitCode, type Terminal, type Typed, wrapped } from 'execution-identity/internal/cli';
import { ByHandError } from './by-hand.js';
import { writeChanges } from './file-changes.js';
import { type NestProject, readProject } from './nest-project.js';
import { installPackages, packageManager } from './packages.js';
import { makePlan, type Plan, shown } from './plan.js';
import { byHand, diffOf, nextSteps, remarksOf } from './report.js';
import { uncommitted } from './working-tree.js';

export const initCommand: Command = {
  name: 'init',
  summary: 'adds the identity boundary and a first tool to a Nest project',
  usage: [
    'init [folder] [--project <name>] [--yes | --dry-run] [--no-install] [--force]',
    '',
    'folder               of the Nest project (default: the current one)',
    '--project <name>     the application, in a monorepo of nest-cli.json',
    '--yes                writes the changes without asking',
    '--dry-run            only shows them',
    '--no-install         leaves the installation of packages to you',
    '--force              changes files, too, that have uncommitted changes',
    '',
    'It shows every change as a diff before it writes one. It writes all or nothing.',
    'A route that has no guard today is marked @Public(), and stays as open as it is.',
    '',
    'exit code  0  the project is set up, or a dry run has shown how',
    '           1  nothing was written, or the packages could not be installed',
    '           2  the command is wrong',
  ],
  operands: 1,
  endsInOrder: true,
  options: {
    project: { type: 'string' },
    yes: { type: 'boolean', short: 'y' },
    'dry-run': { type: 'boolean' },
    'no-install': { type: 'boolean' },
    force: { type: 'boolean' },
  },
  async run(typed, terminal) {
    const [folder = '.'] = typed.positionals;
    let project: NestProject | undefined;
    try {
      project = readProject(resolve(folder), typed.text('project'));
      return await carryOut(makePlan(project), project, typed, terminal);
    } catch (error) {
      if (!(error instanceof ByHandError)) throw error;
      terminal.note(wrapped(error.message));
      terminal.write(project ? byHand(project) : 'Nothing was changed. Run the command again after that.\n');
      return 1;
    }
  },
};

async function carryOut(plan: Plan, project: NestProject, typed: Typed, terminal: Terminal): Promise<ExitCode> {
  const { changes, setUpIn } = plan;
  if (!changes.length) {
    const why = setUpIn === undefined ? 'It is set up already.' : `${setUpIn} sets the boundary up already.`;
    terminal.write(`Nothing to change. ${why}\n`);
    return 0;
  }
  terminal.write(diffOf(project, changes, terminal.isInteractive));
  terminal.write(remarksOf(plan));
  if (typed.isSet('dry-run')) {
    terminal.write('\nNothing is written: this is a dry run.\n');
    return 0;
  }
  const dirty = typed.isSet('force')
    ? []
    : uncommitted(
        project.folder,
        changes.map(({ file }) => file),
      );
  if (dirty.length) {
    terminal.note(
      wrapped(`Nothing is written: ${dirty.join(', ')} has uncommitted changes. Commit them first, or add --force.`),
    );
    return 1;
  }
  if (!(await isAgreed(typed, terminal))) return 1;
  const problem = writeChanges(changes);
  if (problem !== undefined) {
    terminal.note(wrapped(`Nothing is written: ${problem}`));
    return 1;
  }
  terminal.write(`\nWritten: ${changes.map(({ file }) => shown(project, file)).join(', ')}\n`);
  return finish(plan, project, typed, terminal);
}

async function isAgreed(typed: Typed, terminal: Terminal): Promise<boolean> {
  if (typed.isSet('yes')) return true;
  if (!terminal.ask) {
    terminal.note('\nNothing is written: nobody can be asked here. Add --yes.\n');
    return false;
  }
  const answer = await terminal.ask('\nWrite these changes? [y/N] ');
  if (/^y(es)?$/i.test(answer.trim())) return true;
  terminal.write('Nothing is written.\n');
  return false;
}

async function finish(
  { changes, mcpPath }: Plan,
  project: NestProject,
  typed: Typed,
  terminal: Terminal,
): Promise<ExitCode> {
  const isInstalled = !changes.some(({ file }) => shown(project, file) === 'package.json');
  if (isInstalled || typed.isSet('no-install')) {
    terminal.write(nextSteps(isInstalled, mcpPath));
    return 0;
  }
  const command = `${packageManager(project)} install`;
  terminal.write(`\n> ${command}\n`);
  if (await installPackages(project, terminal)) {
    terminal.write(nextSteps(true, mcpPath));
    return 0;
  }
  terminal.note(`\nThe files are written, and "${command}" failed. Run it again.\n`);
  return 1;
}
