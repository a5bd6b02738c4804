// Builds a page into one file without references: `node libs/core/build-page.mjs <page.html> <file>`. The page names one style sheet, one script, and in
// its policy what it may do beside running these two.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { build } from 'esbuild';

const [source, target] = process.argv.slice(2);
const page = await readFile(source, 'utf8');
const hash = text => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The element of the page, and what it names. */
function found(element) {
  const match = element.exec(page);
  if (!match) throw new Error(`${source} has no ${element.source}`);
  return match;
}

async function bundle([, name]) {
  const { outputFiles } = await build({
    entryPoints: [resolve(dirname(source), name)],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
  });
  const { text } = outputFiles[0];
  if (/<\/(script|style)/i.test(text)) throw new Error(`${name} ends its own element.`);
  return text;
}

const policy = found(/<meta http-equiv="Content-Security-Policy" content="([^"]+)" \/>/);
const styles = found(/<link rel="stylesheet" href="([^"]+)" \/>/);
const scripts = found(/<script src="([^"]+)"><\/script>/);
const [style, script] = await Promise.all([styles, scripts].map(bundle));
const strict = `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'`;
await writeFile(
  target,
  page
    .replace(policy[0], () => policy[0].replace(policy[1], own => `${strict}; ${own}`))
    .replace(styles[0], () => `<style>${style}</style>`)
    .replace(scripts[0], () => `<script>${script}</script>`),
);
