// Packs the libraries as they would be published: `node test/pack/pack.mjs <folder>`. Proofs find them there by PACKED.
import { mkdir } from 'node:fs/promises';
import { packLibraries } from './tarball.mjs';

const [folder] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
await packLibraries(folder);
