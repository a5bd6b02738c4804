// @ts-expect-error -- plain JavaScript
import { nextVersion, readSummary, releaseChangelog } from '../../release/changelog.mjs';

const changeset = (type: string, summary: string) => ({
  id: 'brave-otter',
  summary,
  releases: [{ name: 'nestjs-eie', type }],
});
const unreleased = '# Changelog\n\n## [Unreleased]\n\n### Added\n- By hand.\n\n### Fixed\n- A leak.\n';
const released = '# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-12-01\n\n### Added\n- The first one.\n';

describe('the next version', () => {
  it('is the present one until the change log has it', () => {
    expect(nextVersion('0.1.0', unreleased, [changeset('minor', 'Added: x')])).toBe('0.1.0');
  });

  it.each([
    ['0.1.0', ['patch'], '0.1.1'],
    ['0.1.0', ['patch', 'minor'], '0.2.0'],
    ['0.1.0', ['major'], '0.2.0'],
    ['1.2.3', ['minor', 'patch'], '1.3.0'],
    ['1.2.3', ['minor', 'major'], '2.0.0'],
  ])('after %s with changes that are %j is %s', (version, types, next) => {
    const log = `# Changelog\n\n## [Unreleased]\n\n## [${version}] - 2026-12-01\n`;
    const changesets = types.map(type => changeset(type, 'Fixed: x'));
    expect(nextVersion(version, log, changesets)).toBe(next);
  });

  it('is not made of nothing', () => {
    expect(() => nextVersion('0.1.0', released, [])).toThrow('npx changeset');
  });
});

describe('the change log of a release', () => {
  it('takes what was unreleased, then the changesets, each into its section', () => {
    const changesets = [
      changeset('minor', 'Fixed: two\nlines'),
      changeset('minor', 'Security: less'),
      changeset('minor', 'Added: more'),
    ];
    expect(releaseChangelog(unreleased, changesets, '0.1.0', '2026-12-01')).toBe(
      '# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-12-01\n\n' +
        '### Added\n- By hand.\n- more\n\n### Fixed\n- A leak.\n- two\n  lines\n\n### Security\n- less\n',
    );
  });

  it('keeps every release before it', () => {
    const log: string = releaseChangelog(released, [changeset('patch', 'Fixed: it')], '0.1.1', '2026-12-24');
    expect(log.endsWith('### Fixed\n- it\n\n## [0.1.0] - 2026-12-01\n\n### Added\n- The first one.\n')).toBe(true);
  });

  it.each(['no section', 'Improved: x', 'Added:', ''])(
    'has no place for a changeset that says "%s", and names its file',
    text => {
      expect(() => readSummary(changeset('patch', text))).toThrow('.changeset/brave-otter.md');
    },
  );

  it('is not written where the heading of what is unreleased is missing', () => {
    expect(() => releaseChangelog('# Changelog\n', [], '0.1.0', '2026-12-01')).toThrow('## [Unreleased]');
  });
});
