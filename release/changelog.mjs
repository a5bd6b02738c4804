/** The sections of Keep a Changelog, in the order of the file. A changeset begins with one of them and a colon. */
export const SECTIONS = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];

const BUMPS = ['patch', 'minor', 'major'];

/** The section and the text of a changeset: `Fixed: a proof of …`. Without a section it throws, and names the file. */
export function readSummary({ id, summary }) {
  const [, section, text] = /^(\w+):\s+(.+)$/s.exec(summary.trim()) ?? [];
  if (!SECTIONS.includes(section))
    throw new Error(
      `.changeset/${id}.md: begin the text with one of ${SECTIONS.map(name => `"${name}: "`).join(', ')}`,
    );
  return { section, text: text.trim() };
}

/**
 * The version that follows. Below 1.0.0 what breaks is a minor release, as caret ranges have it. A version that the change log
 * does not have yet has not been released: it stays.
 */
export function nextVersion(version, changelog, changesets) {
  if (!hasRelease(changelog, version)) return version;
  const bumps = changesets.flatMap(({ releases }) => releases.map(({ type }) => BUMPS.indexOf(type)));
  const bump = BUMPS[Math.max(...bumps)];
  if (!bump) throw new Error('No changeset asks for a release: `npx changeset` makes one.');
  const [major, minor, patch] = version.split('.').map(Number);
  if (bump === 'patch') return `${major}.${minor}.${patch + 1}`;
  return bump === 'minor' || major === 0 ? `${major}.${minor + 1}.0` : `${major + 1}.0.0`;
}

const hasRelease = (changelog, version) => changelog.includes(`\n## [${version}] `);

/**
 * The change log with what is unreleased, and with the changesets, as the section of a version. Lines that were written by hand
 * come first in their section. `date` is a day, `2026-11-30`.
 */
export function releaseChangelog(changelog, changesets, version, date) {
  const [before, rest] = splitOnce(changelog, '\n## [Unreleased]\n');
  const end = rest.indexOf('\n## [');
  const unreleased = end < 0 ? rest : rest.slice(0, end);
  const released = end < 0 ? '' : rest.slice(end);
  const written = new Map(
    unreleased
      .split(/^### /m)
      .slice(1)
      .map(part => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1).trim()]),
  );
  for (const changeset of changesets) {
    const { section, text } = readSummary(changeset);
    written.set(section, [written.get(section), `- ${text.replaceAll('\n', '\n  ')}`].filter(Boolean).join('\n'));
  }
  const sections = SECTIONS.filter(name => written.has(name)).map(name => `### ${name}\n${written.get(name)}\n`);
  return `${before}\n## [Unreleased]\n\n## [${version}] - ${date}\n\n${sections.join('\n')}${released}`;
}

function splitOnce(text, separator) {
  const at = text.indexOf(separator);
  if (at < 0) throw new Error(`CHANGELOG.md has no line "${separator.trim()}"`);
  return [text.slice(0, at), text.slice(at + separator.length)];
}
