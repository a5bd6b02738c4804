import { readFileSync } from 'node:fs';
// @ts-expect-error -- plain JavaScript
import { NODE_VERSIONS } from '../pack/matrix/nodes.mjs';
// @ts-expect-error -- plain JavaScript
import { disagreements, PACKAGES, readManifests } from '../../release/packages.mjs';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = read('docs/versions.md');
const manifests = (await readManifests()) as Record<string, Manifest>;
const ours: string[] = Object.values(PACKAGES);

/** The cells of each row of a table that begins with this cell, without quotes. A bar within a cell is escaped. */
const rows = (first: string): string[][] =>
  page
    .split('\n')
    .filter(line => line.startsWith(`| ${first}`))
    .map(line => line.slice(2, -1).split(/(?<!\\)\|/))
    .map(cells => cells.map(cell => cell.trim().replaceAll('`', '').replaceAll('\\|', '|')));

describe('the table of supported versions', () => {
  it('has the Node that each package asks for, and each one that the matrix starts', () => {
    const [[, range, tested]] = rows('Node ') as [string[]];
    for (const { engines } of Object.values(manifests)) expect(engines.node).toBe(range);
    expect(tested!.match(/\d+\.\d+\.\d+/g)).toEqual(NODE_VERSIONS);
  });

  it('starts the matrix at the oldest Node that is supported', () => {
    expect(`>=${NODE_VERSIONS[0]}`).toBe(`${manifests.core!.engines.node}.0`);
  });

  it('has the Nest that nestjs-eie asks for', () => {
    const [[, range]] = rows('Nest ') as [string[]];
    expect(manifests.eie!.peerDependencies!['@nestjs/core']).toBe(range);
  });

  it('has each peer with its range, and whether it is optional', () => {
    const peers = Object.values(manifests).flatMap(({ name, peerDependencies = {}, peerDependenciesMeta = {} }) =>
      Object.entries(peerDependencies)
        .filter(([peer]) => !ours.includes(peer))
        .map(([peer, range]) => [name, peer, range, peerDependenciesMeta[peer]?.optional ? 'optional' : '']),
    );
    expect(ours.flatMap(name => rows(`\`${name}\` `)).sort()).toEqual(peers.sort());
  });

  it('names the versions of the formats as the schemas and the specification have them', () => {
    expect(read('spec/execution-identity.md')).toMatch(/`tctx\.eie\.v` \*\*MUST\*\* be 1\./);
    expect(page).toContain('`tctx.eie.v` 1 |');
    expect(read('libs/core/schema/audit-record-1.schema.json')).toMatch(/"v": \{\s*"const": 1\s/);
    expect(read('libs/eie/schema/posture-1.schema.json')).toContain('"const": "urn:nestjs-eie:posture:1"');
  });
});

describe('the packages of one release', () => {
  it('agree', () => {
    expect(disagreements(manifests)).toEqual([]);
  });

  it.each([
    ['another version', { redis: { ...manifests.redis, version: '9.9.9' } }, /nestjs-eie-redis is 9\.9\.9/],
    [
      'a peer in a range',
      { cedar: { ...manifests.cedar, peerDependencies: { 'execution-identity': '^0.1.0' } } },
      /peerDependencies of nestjs-eie-cedar has execution-identity \^0\.1\.0/,
    ],
  ])('do not agree where one has %s', (_, changed, said) => {
    const [problem, ...others] = disagreements({ ...manifests, ...changed });
    expect(problem).toMatch(said);
    expect(others).toEqual([]);
  });
});
