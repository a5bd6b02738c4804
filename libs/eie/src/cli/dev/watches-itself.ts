const WATCHES = /(^|\s)(--watch(-path)?|-w)(=|\s|$)|\bnodemon\b|\bts-node-dev\b|\btsx\s+watch\b/;
const RUNS_SCRIPT = /\b(?:npm|pnpm|yarn|bun)\s+(?:(?:-\S+|run|run-script)\s+)*([\w:][\w:.-]*)/g;
/** Scripts that lead to each other. */
const MAX_DEPTH = 10;

/** Whether a start command restarts the application by itself: it says `--watch`, or a script of package.json that it runs does. */
export function watchesItself(command: string, scripts: Readonly<Record<string, string>>, depth = 0): boolean {
  if (WATCHES.test(command)) return true;
  if (depth === MAX_DEPTH) return false;
  return [...command.matchAll(RUNS_SCRIPT)].some(([, name = '']) => {
    const script = Object.hasOwn(scripts, name) ? scripts[name]! : '';
    return watchesItself(script, scripts, depth + 1);
  });
}
