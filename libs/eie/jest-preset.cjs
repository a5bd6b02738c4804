'use strict';
/**
 * The Jest preset of CommonJS projects, such as those of Nest 11: `"jest": { "preset": "nestjs-eie" }`. It makes nestjs-eie and what it brings
 * loadable by `require`. Projects that run Jest with ES modules need no preset.
 */
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const process = require('node:process');

/** Packages that ship ES modules alone. Those of Nest are CommonJS before Nest 12, but for @nestjs/passport, which nestjs-eie brings. */
const ES_MODULES = ['nestjs-eie(?:-\\w+)?', 'execution-identity', 'jose', 'oauth4webapi', '@nestjs/passport'].join('|');
const OURS = `/node_modules/(?:${ES_MODULES})/.+\\.m?js$`;

const installed = name => {
  try {
    require.resolve(name, { paths: [process.cwd()] });
    return true;
  } catch {
    return false;
  }
};
const compiler = ['ts-jest', '@swc/jest'].find(installed);

refuseOthers();

exports.testEnvironment = 'node';
exports.transform = {
  [OURS]: require.resolve('./jest-transform.cjs'),
  ...(compiler && { '^.+\\.tsx?$': compiler }),
};
// Behind the folder of pnpm there is a second node_modules.
exports.transformIgnorePatterns = [`/node_modules/(?!\\.pnpm/)(?!(?:${ES_MODULES})/)`];

/** Jest takes the first transform that fits, and those of the project come before those of a preset. Nest's default fits JavaScript, too. */
function refuseOthers() {
  const transform = manifest().jest?.transform ?? {};
  const other = Object.keys(transform).find(pattern =>
    new RegExp(pattern).test('/node_modules/nestjs-eie/dist/index.js'),
  );
  if (other !== undefined)
    throw new Error(
      `The transform "${other}" of "jest" in package.json comes before that of the preset nestjs-eie, and cannot load its ES modules: remove it, or write "^.+\\\\.ts$" in its place.`,
    );
}

function manifest() {
  try {
    return JSON.parse(readFileSync(join(process.cwd(), 'package.json'), 'utf8'));
  } catch {
    return {};
  }
}
