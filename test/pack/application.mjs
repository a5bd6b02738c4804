import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root, run } from './run.mjs';

const json = async path => JSON.parse(await readFile(path, 'utf8'));
/** As `nest new` writes it. */
const MAIN = `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env.PORT ?? 3000);
}
await bootstrap();
`;
const nestVersions = {
  12: { nest: '^12.0.0', validator: '^0.15.1' },
  11.2: { nest: '~11.2.0', validator: '^0.14.1' },
};

/**
 * An empty application with both tarballs, the peers of nestjs-eie and both HTTP adapters; nothing of this repository.
 * execution-identity takes the place of the version that nestjs-eie names, as the registry would have it.
 */
export async function installApplication(folder, tarballs, nest) {
  const { peerDependencies } = await json(join(root, 'libs/eie/package.json'));
  const { devDependencies } = await json(join(root, 'package.json'));
  const version = nestVersions[nest];
  const manifest = {
    private: true,
    type: 'module',
    dependencies: {
      ...peerDependencies,
      'class-validator': version.validator,
      '@nestjs/common': version.nest,
      '@nestjs/core': version.nest,
      '@nestjs/microservices': version.nest,
      '@nestjs/testing': version.nest,
      '@nestjs/platform-express': version.nest,
      '@nestjs/platform-fastify': version.nest,
      'nestjs-eie': `file:${tarballs.eie}`,
    },
    overrides: { 'execution-identity': `file:${tarballs.core}` },
    devDependencies: Object.fromEntries(
      ['@types/node', '@types/express', 'zod'].map(name => [name, devDependencies[name]]),
    ),
  };
  await makeProject(folder, manifest);
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  const installed = await json(join(folder, 'node_modules/@nestjs/core/package.json'));
  assert.ok(installed.version.startsWith(`${nest}.`), `Nest ${installed.version} is installed, not ${nest}`);
  const copies = await run('npm', ['ls', 'execution-identity', '--parseable', '--all'], folder);
  assert.equal(copies.trim(), join(folder, 'node_modules/execution-identity'), 'one copy, beside nestjs-eie');
  return folder;
}

/** A folder with a manifest, and what compiles its `src` into its `dist`. */
export async function makeProject(folder, manifest) {
  const compilerOptions = {
    module: 'nodenext',
    target: 'ES2023',
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    strict: true,
    strictPropertyInitialization: false,
    skipLibCheck: true,
    types: ['node'],
    rootDir: 'src',
    outDir: 'dist',
  };
  await mkdir(join(folder, 'src'), { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
}

/** Compiles the README's quick start, word for word, with the `main.ts` of `nest new`. */
export async function compileQuickStart(folder, adapter) {
  const quickStart = await readmeBlock('quickstart');
  assert.ok(quickStart.trimEnd().split('\n').length <= 30, 'the quick start has more than 30 lines');
  await writeFile(join(folder, 'src/app.module.ts'), quickStart);
  await writeFile(join(folder, 'src/main.ts'), adapter === 'fastify' ? onFastify(MAIN) : MAIN);
  await compile(folder);
}

/** The code block of the README after the comment of this name. */
export async function readmeBlock(name) {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const [, code] = readme.split(`<!-- ${name} -->\n\`\`\`ts\n`);
  assert.ok(code, `README.md has no ts block after <!-- ${name} -->`);
  return code.slice(0, code.indexOf('```'));
}

export const compile = folder =>
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--project', folder]);

/** Compiles the server that docs/mcp-nest.md protects, as it was and as it is; the last is what starts. */
export async function compileExistingServer(folder) {
  for (const state of ['before', 'after']) {
    await cp(join(root, 'test/mcp-nest/fixture', state), join(folder, 'src'), { recursive: true });
    await compile(folder);
  }
}

/** What a reader who prefers Fastify changes: the argument of NestFactory.create, and its import. */
const onFastify = main =>
  `import { FastifyAdapter } from '@nestjs/platform-fastify';\n${main.replace('(AppModule)', '(AppModule, new FastifyAdapter())')}`;

/** Starts what a folder has compiled, under this Node or another one. */
export async function startApplication(folder, issuer, extra = {}, node = process.execPath) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/mcp`;
  const env = {
    ...process.env,
    PORT: String(port),
    RESOURCE: url,
    ISSUER: issuer.url,
    JWKS_URI: issuer.jwksUri,
    EIE_RESOURCE: url,
    EIE_ISSUER: issuer.url,
    ...extra,
  };
  const child = spawn(node, [join(folder, 'dist/main.js')], { cwd: folder, env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk));
  const exited = once(child, 'exit');

  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  for (let tries = 0; !(await answers(url)); tries += 1) {
    if (tries === 600 || child.exitCode !== null) {
      await stop();
      throw new Error(`the application does not listen on its PORT\n${output}`);
    }
    await delay(100);
  }
  return { url, stop, output: () => output };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

const answers = url =>
  fetch(url).then(
    () => true,
    () => false,
  );
