import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A port where nothing listens: a mistake here cannot publish. */
const NOWHERE = 'http://127.0.0.1:9/';

/**
 * What `npm publish --dry-run` says of a tarball: how many files, and each warning about its manifest. It needs no account and
 * reaches no registry, so it does not know whether the registry has this version already.
 */
export async function publishDry(tarball, cwd) {
  const { stdout, stderr } = await run(
    'npm',
    [
      'publish',
      tarball,
      '--dry-run',
      '--json',
      '--access=public',
      '--ignore-scripts',
      '--fetch-retries=0',
      `--registry=${NOWHERE}`,
    ],
    { cwd, maxBuffer: 64 * 1024 * 1024 },
  );
  const said = JSON.parse(stdout);
  const { entryCount, integrity } = said.integrity ? said : Object.values(said)[0];
  const warnings = stderr.split('\n').filter(line => /^npm warn publish /.test(line) && !/be logged in/.test(line));
  return { files: entryCount, integrity, warnings };
}
