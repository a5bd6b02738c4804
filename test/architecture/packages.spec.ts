import { readFileSync } from 'node:fs';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly types: string;
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
  /** What a compiler reads that resolves as Node 10 did: CommonJS projects as Nest has made them until 11.0. */
  readonly typesVersions?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const core = JSON.parse(read('libs/core/package.json')) as Manifest;
const eie = JSON.parse(read('libs/eie/package.json')) as Manifest;
const cedar = JSON.parse(read('libs/cedar/package.json')) as Manifest;
const bullmq = JSON.parse(read('libs/bullmq/package.json')) as Manifest;
/** The stores that processes share, by the peer that reaches each. */
const stores = { pg: 'postgres', redis: 'redis' };
const store = (folder: string): Manifest => JSON.parse(read(`libs/${folder}/package.json`)) as Manifest;

describe('the packages', () => {
  it('are released in lockstep: one version, and the others depend on exactly that one of execution-identity', () => {
    expect(eie.version).toBe(core.version);
    expect(eie.dependencies[core.name]).toBe(core.version);
    expect([cedar.version, cedar.peerDependencies]).toEqual([core.version, { [core.name]: core.version }]);
    expect([bullmq.version, bullmq.peerDependencies]).toEqual([
      core.version,
      { [core.name]: core.version, [eie.name]: core.version, bullmq: '^6.0.0' },
    ]);
    for (const folder of Object.values(stores))
      expect([store(folder).version, store(folder).peerDependencies?.[core.name]]).toEqual([
        core.version,
        core.version,
      ]);
  });

  it('run on the same Node and are licensed alike', () => {
    for (const field of ['engines', 'license', 'type'] as const) {
      expect(eie[field]).toEqual(core[field]);
      expect(cedar[field]).toEqual(core[field]);
      expect(bullmq[field]).toEqual(core[field]);
      for (const folder of Object.values(stores)) expect(store(folder)[field]).toEqual(core[field]);
    }
  });

  it('execution-identity brings jose and nothing else, and asks for nothing beside it', () => {
    expect(Object.keys(core.dependencies)).toEqual(['jose']);
    expect(core).not.toHaveProperty('peerDependencies');
  });

  it('nestjs-eie-cedar brings Cedar and nothing else', () => {
    expect(Object.keys(cedar.dependencies)).toEqual(['@cedar-policy/cedar-wasm']);
  });

  it('nestjs-eie-bullmq brings nothing: BullMQ comes from the application', () => {
    expect(bullmq.dependencies ?? {}).toEqual({});
  });

  it.each(Object.entries(stores))('%s comes from the application, and its store brings nothing', (peer, folder) => {
    expect(store(folder).dependencies ?? {}).toEqual({});
    expect(Object.keys(store(folder).peerDependencies ?? {}).sort()).toEqual([core.name, peer].sort());
  });

  it('tell a compiler that reads no exports where the types of each entry point are', () => {
    for (const { exports, typesVersions = {}, types } of [eie, core]) {
      const typed = Object.entries(exports).flatMap(([entry, target]) =>
        typeof target === 'string' ? [] : [[entry, target.types] as const],
      );
      const paths = typesVersions['*'] ?? {};
      const told = typed.map(([entry]) => {
        if (entry === '.') return types;
        const name = entry.slice('./'.length);
        return paths[name]?.[0] ?? paths['internal/*']?.[0]?.replace('*', name.slice('internal/'.length));
      });
      expect(told).toEqual(typed.map(([, file]) => file));
    }
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
