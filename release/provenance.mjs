/**
 * An in-toto statement with the predicate of SLSA provenance 1.0: which tarballs came of which commit and lock file, by which command.
 * It is not signed and proves nothing: whoever has the file can write another one. `npm publish --provenance` makes the statement that
 * counts, in a workflow whose identity a certificate authority confirms.
 *
 * @param {{ name: string, version: string, sha512: string }[]} packages  `sha512` in hex
 * @param {{ commit: string, clean: boolean, lockSha256: string, node: string, npm: string }} made
 */
export function provenance(packages, { commit, clean, lockSha256, node, npm }) {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: packages.map(({ name, version, sha512 }) => ({ name: `pkg:npm/${name}@${version}`, digest: { sha512 } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'urn:nestjs-eie:release-dry-run:1',
        externalParameters: { command: 'npm run release:dry' },
        internalParameters: { node, npm, cleanWorkingTree: clean },
        resolvedDependencies: [
          { name: 'source', digest: { gitCommit: commit } },
          { name: 'package-lock.json', digest: { sha256: lockSha256 } },
        ],
      },
      runDetails: { builder: { id: 'urn:nestjs-eie:unsigned-local-run' } },
    },
  };
}
