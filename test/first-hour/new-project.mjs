import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shell } from './run.mjs';

/** What the command of the page makes, by the version of Nest. `npx @nestjs/cli new` takes the newest. */
const MODULES = { 11: 'cjs', 12: 'esm' };

const QUIETLY = { npm_config_audit: 'false', npm_config_fund: 'false', npm_config_loglevel: 'error' };

/** `nest new` of that version, with its packages. */
export async function newProject(scratch, nest) {
  const parent = join(scratch, `nest-${nest}`);
  await mkdir(parent);
  await shell(`npm exec --yes --package=@nestjs/cli@${nest} -- nest new shop --package-manager npm`, parent, QUIETLY);
  const folder = join(parent, 'shop');
  const { type } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const module = type === 'module' ? 'esm' : 'cjs';
  if (module !== MODULES[nest]) throw new Error(`nest new of Nest ${nest} makes a project of ${module} now`);
  return { folder, nest, module };
}

/** Our packages from their tarballs, as `npx nestjs-eie` would have them from the registry. */
export const installPacked = ({ folder }, { core, eie }) => shell(`npm install ${core} ${eie}`, folder, QUIETLY);

/** The same project on an adapter: Fastify as the documentation of Nest says it, in a copy; Express as it is. */
export async function onAdapter(project, adapter) {
  let { folder } = project;
  if (adapter === 'fastify') {
    folder = `${folder}-fastify`;
    await cp(project.folder, folder, { recursive: true, verbatimSymlinks: true });
    await shell(`npm install @nestjs/platform-fastify@${project.nest}`, folder, QUIETLY);
    const main = join(folder, 'src/main.ts');
    const text = await readFile(main, 'utf8');
    const changed = text.replace(
      'NestFactory.create(AppModule)',
      'NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter())',
    );
    if (changed === text) throw new Error('main.ts of nest new has no NestFactory.create(AppModule)');
    await writeFile(
      main,
      `import { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';\n${changed}`,
    );
  }
  return { ...project, folder, adapter };
}
