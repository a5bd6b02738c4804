import { readFileSync } from 'node:fs';

interface Manifest {
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** The peers without which nothing of this package can be loaded, and that are not installed: `name@range`. */
export function missingPeers(): string[] {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { peerDependencies: peers, peerDependenciesMeta: about } = JSON.parse(text) as Manifest;
  return Object.entries(peers)
    .filter(([name]) => !about[name]?.optional && !isInstalled(name))
    .map(([name, range]) => `${name}@${range}`);
}

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND';
  }
}
