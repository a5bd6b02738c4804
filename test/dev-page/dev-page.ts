import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startBrowser } from '../interop/clients/browser/chromium.js';
import { type PageResult, report } from '../support/page-results.js';
import { type Claim, problemsOf } from './claim.js';
import { APPLICATION_CLAIMS } from './claims/application.js';
import { CALL_CLAIMS } from './claims/calls.js';
import { HOSTILE_CLAIMS } from './claims/hostile.js';
import { READER_CLAIMS } from './claims/readers.js';
import { TOKEN_CLAIMS } from './claims/tokens.js';
import { PAGE } from './contract-server.js';
import { journey } from './journey.js';
import { takePictures } from './pictures.js';

const HELP = `npm run dev:page [-- options]
Opens the page of "nestjs-eie dev" in a real browser, and checks what is claimed about it. Installs a browser from Debian where there is none.

  --pictures <folder>   pictures of the page
  --quick               the same
  --json                only one line at the end: what is wrong, claim by claim
  --help                this text

The exit status is 1 when a claim does not hold.`;

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    pictures: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit();
}
const CLAIMS: Claim[] = [...APPLICATION_CLAIMS, ...CALL_CLAIMS, ...TOKEN_CLAIMS, ...HOSTILE_CLAIMS, ...READER_CLAIMS];

async function main(): Promise<boolean> {
  if (!(await readFile(PAGE, 'utf8')).includes("default-src 'none'")) throw new Error('The page has no policy.');
  const browser = await startBrowser();
  const results: PageResult[] = [];
  try {
    for (const claim of CLAIMS) results.push({ name: claim.name, problems: await problemsOf(claim, browser) });
    results.push(...(await journey(browser)));
    if (options.pictures) await takePictures(browser, options.pictures);
  } finally {
    await browser.close();
  }
  return report('claims', results, options.json);
}

main().then(
  ok => (process.exitCode = ok ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
