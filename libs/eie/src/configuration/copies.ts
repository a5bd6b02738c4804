import { fileURLToPath } from 'node:url';

/** Shared by every copy of this package in the process, whatever their versions: it must keep its name and its shape. */
const COPIES = Symbol.for('nestjs-eie.copies');

const loaded = ((globalThis as Record<symbol, unknown>)[COPIES] ??= new Set<string>()) as Set<string>;

/** The folder that this copy of the package was loaded from. */
export const THIS_COPY = fileURLToPath(new URL('..', import.meta.url));

loaded.add(THIS_COPY);

/** The folders of the other copies in this process. Classes, brands and decorators of one copy mean nothing to another. */
export const otherCopies = (): string[] => [...loaded].filter(folder => folder !== THIS_COPY);
