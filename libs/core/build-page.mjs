// Builds the page of a receipt into one file without references: dist/receipt.html. Its policy allows nothing but its own style and script.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const source = new URL('src/page/', import.meta.url);
const hash = text => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const { outputFiles } = await build({
  entryPoints: [new URL('receipt-page.ts', source).pathname],
  bundle: true,
  write: false,
  format: 'iife',
  target: 'es2022',
  charset: 'utf8',
  legalComments: 'none',
});
const script = outputFiles[0].text;
if (script.includes('</script')) throw new Error('The script of the page ends its own element.');
const style = await readFile(new URL('receipt.css', source), 'utf8');
const policy = `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'`;
const page = (await readFile(new URL('receipt.html', source), 'utf8'))
  .replace(
    '<meta charset="utf-8" />',
    match => `${match}\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`,
  )
  .replace('<style></style>', () => `<style>${style}</style>`)
  .replace('<script></script>', () => `<script>${script}</script>`);
await writeFile(new URL('dist/receipt.html', import.meta.url), page);
