import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, run } from '../../pack/run.mjs';
import { readmeBlock } from '../../pack/application.mjs';
import { block } from './blocks.mjs';

const COMPILER = {
  target: 'ES2023',
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  esModuleInterop: true,
  isolatedModules: true,
  strict: true,
  strictPropertyInitialization: false,
  skipLibCheck: true,
  outDir: 'dist',
};

/** What `nest new` makes with Nest 11, with the preset in the place of its transform. */
export function installCommonJs(folder, tarballs) {
  return install(folder, tarballs, {
    nest: '^11.2.0',
    validator: '^0.14.1',
    dev: { jest: '^30.0.0', 'ts-jest': '^29.2.5', '@types/jest': '^30.0.0', typescript: '~5.9.0' },
    manifest: {
      jest: { preset: 'nestjs-eie', rootDir: 'src', moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' } },
    },
    compilerOptions: { ...COMPILER, module: 'nodenext', rootDir: 'src', types: ['node', 'jest'] },
  });
}

/** What `nest new` makes with Nest 12. */
export function installEsModules(folder, tarballs) {
  return install(folder, tarballs, {
    nest: '^12.0.0',
    validator: '^0.15.1',
    dev: {
      jest: '^30.0.0',
      '@swc/jest': '^0.2.39',
      '@swc/core': '^1.15.0',
      '@types/jest': '^30.0.0',
      'unplugin-swc': '^1.5.0',
      vitest: '^4.0.0',
      typescript: '~6.0.3',
    },
    manifest: { type: 'module' },
    compilerOptions: { ...COMPILER, module: 'nodenext', rootDir: 'src', types: ['node', 'jest'] },
  });
}

async function install(folder, tarballs, { nest, validator, dev, manifest, compilerOptions }) {
  const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const { peerDependencies } = JSON.parse(await readFile(join(root, 'libs/eie/package.json'), 'utf8'));
  const content = {
    private: true,
    ...manifest,
    dependencies: {
      '@modelcontextprotocol/server': peerDependencies['@modelcontextprotocol/server'],
      '@nestjs/common': nest,
      '@nestjs/core': nest,
      '@nestjs/platform-express': nest,
      'class-transformer': peerDependencies['class-transformer'],
      'class-validator': validator,
      'nestjs-eie': `file:${tarballs.eie}`,
      'reflect-metadata': peerDependencies['reflect-metadata'],
      rxjs: peerDependencies.rxjs,
    },
    devDependencies: { '@nestjs/testing': nest, '@types/node': devDependencies['@types/node'], ...dev },
    overrides: { 'execution-identity': `file:${tarballs.core}` },
  };
  await mkdir(join(folder, 'src/readme'), { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify(content, null, 2));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  await writeFile(join(folder, 'src/app.module.ts'), await block('src/app.module.ts'));
  await writeFile(join(folder, 'src/readme/app.module.ts'), await readmeBlock('quickstart'));
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  return folder;
}
