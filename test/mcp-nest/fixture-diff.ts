import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { fileURLToPath } from 'node:url';

const fixture = fileURLToPath(new URL('fixture', import.meta.url));
const page = fileURLToPath(new URL('../../docs/mcp-nest.md', import.meta.url));
const COUNTS = /(\d+) lines are added and (\d+) removed/;
const BLOCK = /(<!-- diff -->\n```diff\n)(.*?)(```\n)/s;

/** What changed between the server written for mcp-nest alone and the protected one, as `git diff` shows it. */
export function fixtureDiff(): string {
  const options = [
    '--no-index',
    '--no-color',
    '--no-ext-diff',
    '--no-prefix',
    '--no-renames',
    '--diff-algorithm=myers',
    '--unified=1',
  ];
  const env = { ...process.env, GIT_CONFIG_GLOBAL: devNull, GIT_CONFIG_NOSYSTEM: '1' };
  const { status, stdout, stderr } = spawnSync('git', ['diff', ...options, 'before', 'after'], {
    cwd: fixture,
    env,
    encoding: 'utf8',
  });
  if (status !== 1) throw new Error(`git diff found no difference, or failed: ${stderr}`);
  return stdout.replace(/^(diff --git|index|deleted file|new file) .*\n/gm, '').replace(/^(@@ [^@]+ @@).*$/gm, '$1');
}

/** Every line that was added, and every line that was removed: one that was edited counts twice. */
export const changedLines = (diff: string): { added: number; removed: number } => ({
  added: diff.match(/^\+(?!\+\+ )/gm)?.length ?? 0,
  removed: diff.match(/^-(?!-- )/gm)?.length ?? 0,
});

/** The diff as the documentation shows it, and how many changed lines it names. */
export function documented(): { diff: string | undefined; added: number; removed: number } {
  const text = readFileSync(page, 'utf8');
  const [, added, removed] = COUNTS.exec(text) ?? [];
  return { diff: BLOCK.exec(text)?.[2], added: Number(added), removed: Number(removed) };
}

/** Writes the diff and both counts into the documentation. */
export function documentDiff(): void {
  const diff = fixtureDiff();
  const { added, removed } = changedLines(diff);
  rewrite(page, text =>
    text
      .replace(BLOCK, (_all, before: string, _old: string, after: string) => before + diff + after)
      .replace(COUNTS, `${added} lines are added and ${removed} removed`),
  );
}

const rewrite = (path: string, change: (text: string) => string): void =>
  writeFileSync(path, change(readFileSync(path, 'utf8')));
