import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

const run = promisify(execFile);
const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
/** Milliseconds for the package manager. */
const PATIENCE = 400_000;

/** A host name that no page of ours has: it leads to this machine. */
export const ELSEWHERE = 'elsewhere.test';

/**
 * Starts the Chromium of this machine, or the one that it installs where it may.
 *
 * @throws where there is none and it cannot be installed, with what the package manager says
 */
export async function startBrowser(): Promise<Browser> {
  const executablePath = (await findBrowser()) ?? (await installBrowser());
  // As root, in a container, Chromium has no sandbox of its own. It visits pages of this process alone.
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage', `--host-resolver-rules=MAP ${ELSEWHERE} 127.0.0.1`],
  });
}

async function findBrowser(): Promise<string | undefined> {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  for (const path of NAMES.flatMap(name => folders.map(folder => join(folder, name))))
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  return undefined;
}

async function installBrowser(): Promise<string> {
  const options = { timeout: PATIENCE, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  try {
    await run('apt-get', ['update', '-qq'], options);
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], options);
  } catch (error) {
    throw new Error(`There is no Chromium, and apt-get installs none: ${(error as Error).message.slice(0, 300)}`, {
      cause: error,
    });
  }
  const installed = await findBrowser();
  if (installed === undefined) throw new Error('apt-get has installed a Chromium that is not on the PATH');
  return installed;
}
