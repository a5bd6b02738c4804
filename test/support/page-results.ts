/** What a proof in a browser says of one of its cases. */
export interface PageResult {
  readonly name: string;
  readonly problems: readonly string[];
}

/** Prints what has failed, and a line for each case, or for `--json` one with their number. @param what the cases are called @returns whether none has failed */
export function report(what: 'cases' | 'claims', results: readonly PageResult[], isJson = false): boolean {
  const failed = results.filter(({ problems }) => problems.length);
  for (const { name, problems } of failed) console.log(`FAILED ${name}: ${problems.join('; ')}`);
  if (isJson) console.log(JSON.stringify({ [what]: results.length, failed: failed.length }));
  else for (const { name, problems } of results) console.log(`${problems.length ? 'FAILED' : 'ok    '} ${name}`);
  return failed.length === 0;
}
