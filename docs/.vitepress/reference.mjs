// The reference of every entry point, by TypeDoc from the docstrings of the sources.
import { join } from 'node:path';
import { Application } from 'typedoc';
import { root } from './pages.mjs';
import { ENTRY_POINTS } from './reference-pages.mjs';

/** Writes one page for each entry point into the folder, and returns what they are. */
export async function writeReference(folder) {
  const app = await Application.bootstrapWithPlugins({
    entryPoints: Object.values(ENTRY_POINTS).map(entry => join(root, entry, 'index.ts')),
    outputs: [{ name: 'markdown', path: folder }],
    plugin: ['typedoc-plugin-markdown'],
    tsconfig: join(root, 'tsconfig.json'),
    basePath: root,
    router: 'module',
    entryFileName: 'index',
    name: 'Reference',
    readme: 'none',
    logLevel: 'Error',
    // `npm run typecheck` does that.
    skipErrorChecking: true,
    disableSources: true,
    excludeExternals: true,
    excludeInternal: true,
    excludePrivate: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useCodeBlocks: true,
    useHTMLAnchors: true,
    parametersFormat: 'table',
    propertiesFormat: 'table',
    interfacePropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
  });
  const project = await app.convert();
  if (!project) throw new Error('TypeDoc found no entry point.');
  // An entry point is called as it is imported, not as its folder.
  for (const module of project.children ?? []) {
    const name = Object.keys(ENTRY_POINTS).find(one => ENTRY_POINTS[one] === module.name);
    if (!name) throw new Error(`TypeDoc found an entry point that is not named here: ${module.name}`);
    module.name = name;
  }
  await app.generateOutputs(project);
  if (app.logger.hasErrors()) throw new Error('TypeDoc could not write the reference: see above.');
  return Object.keys(ENTRY_POINTS);
}
