const WATCHES = /(^|\s)(--watch(-path)?|-w)(=|\s|$)|\bnodemon\b|\bts-node-dev\b|\btsx\s+watch\b/;
const RUNS_SCRIPT = /\b(?:npm|pnpm|yarn|bun)\s+(?:(?:-\S+|run|run-script)\s+)*([\w:][\w:.-]*)/g;

/** Whether a start command restarts the application by itself: it says `--watch`, or a script of package.json that it runs does. */
export function watchesItself(command: string, scripts: Readonly<Record<string, unknown>>): boolean {
  const seen = new Set<string>();
  const commands = [command];
  for (const one of commands) {
    if (WATCHES.test(one)) return true;
    for (const [, name = ''] of one.matchAll(RUNS_SCRIPT)) {
      const script = Object.hasOwn(scripts, name) && !seen.has(name) ? scripts[name] : undefined;
      seen.add(name);
      if (typeof script === 'string') commands.push(script);
    }
  }
  return false;
}
