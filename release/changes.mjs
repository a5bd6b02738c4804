// Whether what has changed in the packages since a commit has a changeset, and whether each changeset can be read:
// `npm run changes:check -- --since <commit>`. It needs the history and no network.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import readChangesets from '@changesets/read';
import { readSummary } from './changelog.mjs';
import { PACKAGES, root } from './packages.mjs';

const { since } = parseArgs({ options: { since: { type: 'string' } } }).values;

const changesets = await readChangesets(root);
for (const changeset of changesets) {
  readSummary(changeset);
  for (const { name } of changeset.releases)
    if (!Object.values(PACKAGES).includes(name))
      throw new Error(`.changeset/${changeset.id}.md names ${name}, which is no package here`);
}
console.log(`${changesets.length} changesets can be read`);

const base = since ?? ['origin/main', 'main'].find(known);
if (!base || !known(base)) {
  console.error(
    `no commit to compare with${base ? `: ${base}` : ''}. Name one: npm run changes:check -- --since <commit>`,
  );
  process.exitCode = since ? 1 : 0;
} else {
  try {
    execFileSync(process.execPath, [join(root, 'node_modules/@changesets/cli/bin.js'), 'status', `--since=${base}`], {
      cwd: root,
      stdio: 'pipe',
    });
    console.log(`what has changed since ${base} has its changeset`);
  } catch (error) {
    console.error(`${error.stdout}${error.stderr}`.trim());
    console.error(
      `Packages have changed since ${base}. \`npx changeset\` says it to users; \`npx changeset --empty\` says that there is nothing to say.`,
    );
    process.exitCode = 1;
  }
}

function known(commit) {
  try {
    execFileSync('git', ['rev-parse', '--verify', '--quiet', `${commit}^{commit}`], { cwd: root, stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}
