import { readFileSync } from 'node:fs';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const core = JSON.parse(read('libs/core/package.json')) as Manifest;
const eie = JSON.parse(read('libs/eie/package.json')) as Manifest;

describe('the two packages', () => {
  it('are released in lockstep: one version, and nestjs-eie depends on exactly that one', () => {
    expect(eie.version).toBe(core.version);
    expect(eie.dependencies[core.name]).toBe(core.version);
  });

  it('run on the same Node and are licensed alike', () => {
    for (const field of ['engines', 'license', 'type'] as const) expect(eie[field]).toEqual(core[field]);
  });

  it('execution-identity brings jose and nothing else, and asks for nothing beside it', () => {
    expect(Object.keys(core.dependencies)).toEqual(['jose']);
    expect(core).not.toHaveProperty('peerDependencies');
  });

  it('share one range of jose, so that an installation has one copy', () => {
    expect(eie.dependencies.jose).toBe(core.dependencies.jose);
  });

  it('what nestjs-eie brings itself is no peer as well', () => {
    const peers = Object.keys(eie.peerDependencies ?? {});
    expect(Object.keys(eie.dependencies).filter(name => peers.includes(name))).toEqual([]);
  });
});

it('the lock file names no registry, so that the packages come from the one that npm is configured with', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { resolved?: string }> };
  const addresses = Object.values(packages).flatMap(({ resolved = '' }) =>
    /^\w+:\/\//.test(resolved) ? [resolved] : [],
  );
  expect(addresses).toEqual([]);
});
