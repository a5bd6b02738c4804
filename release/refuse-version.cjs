// `changeset version` asks this for its change logs, before it writes a file. It may not go on: the packages name each other
// exactly, also as peers, and it makes a major release of all where an exact peer changes.
const refuse = async () => {
  throw new Error(
    'Run `npm run release:version` in place of `changeset version`: it keeps one version and one change log.',
  );
};

module.exports = { default: { getReleaseLine: refuse, getDependencyReleaseLine: refuse } };
