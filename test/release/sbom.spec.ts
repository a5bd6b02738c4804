// @ts-expect-error -- plain JavaScript
import { provenance } from '../../release/provenance.mjs';
// @ts-expect-error -- plain JavaScript
import { runtimeOf } from '../../release/sbom.mjs';

const lock = {
  packages: {
    '': { dependencies: { a: '1', b: '1' }, optionalDependencies: { gone: '1' }, peerDependencies: { host: '1' } },
    'node_modules/a': { version: '1.0.0', dependencies: { c: '2' }, peerDependencies: { b: '1', host: '1' } },
    'node_modules/a/node_modules/c': { version: '2.0.0', dependencies: { d: '1' } },
    'node_modules/b': { version: '1.1.0' },
    'node_modules/c': { version: '1.0.0' },
    'node_modules/@s/d': { version: '4.0.0' },
    'node_modules/d': { version: '3.0.0', name: 'renamed', dependencies: { '@s/d': '4', a: '1' } },
    'node_modules/host': { version: '9.0.0', dependencies: { c: '1' } },
  },
};

describe('the list of what a package brings', () => {
  it('has its dependencies and theirs, also where another one asks for them as a peer, and no peer', () => {
    expect([...runtimeOf(lock)].sort()).toEqual(['@s/d@4.0.0', 'a@1.0.0', 'b@1.1.0', 'c@2.0.0', 'renamed@3.0.0']);
  });

  it('is not made of a lock file that lacks one', () => {
    const { 'node_modules/b': _, ...packages } = lock.packages;
    expect(() => runtimeOf({ packages })).toThrow('the lock file has no b');
  });
});

describe('the provenance of a dry run', () => {
  it('names each tarball by its digest, and says that nobody has signed it', () => {
    const statement = provenance([{ name: 'nestjs-eie', version: '0.1.0', sha512: 'ab' }], {
      ...{ commit: 'c0ffee', clean: false, lockSha256: 'cd', node: '20.19.0', npm: '11.0.0' },
    });
    expect(statement.subject).toEqual([{ name: 'pkg:npm/nestjs-eie@0.1.0', digest: { sha512: 'ab' } }]);
    expect(statement.predicate.buildDefinition.internalParameters.cleanWorkingTree).toBe(false);
    expect(statement.predicate.runDetails.builder.id).toContain('unsigned');
    expect(statement).not.toHaveProperty('signatures');
  });
});
