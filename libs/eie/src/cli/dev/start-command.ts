const WATCHES = /(^|\s)(--watch(-path)?|-w)(=|\s|$)|\bnodemon\b|\bts-node-dev\b|\btsx\s+watch\b/;
const RUNS_SCRIPT = /\b(?:npm|pnpm|yarn|bun)\s+(?:(?:-\S+|run|run-script)\s+)*([\w:][\w:.-]*)/g;
const RUNS_BUILT = /^node(?:\s+-\S+)*\s+(?:\.\/)?(dist|build|out)\//;

type Scripts = Readonly<Record<string, unknown>>;

/** Whether a start command restarts the application by itself: it says `--watch`, or a script of package.json that it runs does. */
export const watchesItself = (command: string, scripts: Scripts): boolean =>
  commandsOf(command, scripts).some(one => WATCHES.test(one));

/**
 * The folder of built files that a start command runs, and does not build: somebody else does, and the application is to start again after that.
 * One that it builds itself must not be watched, or each start would cause the next.
 */
export function builtFolder(command: string, scripts: Scripts): string | undefined {
  const commands = commandsOf(command, scripts);
  const isAlone =
    commands.every(one => !/[;&|\n]/.test(one)) && !namesIn(commands).some(name => `pre${name}` in scripts);
  return isAlone ? RUNS_BUILT.exec(commands.at(-1)!)?.[1] : undefined;
}

/** A command, and each script of package.json that it runs. */
function commandsOf(command: string, scripts: Scripts): string[] {
  const seen = new Set<string>();
  const commands = [command];
  for (const one of commands)
    for (const name of namesIn([one])) {
      const script = Object.hasOwn(scripts, name) && !seen.has(name) ? scripts[name] : undefined;
      seen.add(name);
      if (typeof script === 'string') commands.push(script);
    }
  return commands;
}

const namesIn = (commands: readonly string[]): string[] =>
  commands.flatMap(one => [...one.matchAll(RUNS_SCRIPT)].map(([, name = '']) => name));
