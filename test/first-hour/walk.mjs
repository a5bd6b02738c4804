import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { shell } from './run.mjs';

/** One walk through the page in one project: its commands as they stand there, but for the port and the issuer of this run. */
export class Walk {
  #server;
  #log = '';

  constructor(project, { issuer, port }) {
    this.folder = project.folder;
    this.issuer = issuer;
    this.port = port;
    this.resource = `http://localhost:${port}/mcp`;
  }

  async follow(command) {
    const here = command
      .replaceAll('http://localhost:3000', `http://localhost:${this.port}`)
      .replaceAll('https://login.example.com', this.issuer.url);
    if (command === 'npx @nestjs/cli new shop' || command === 'cd shop') return;
    if (command === 'npx nestjs-eie init') return this.#init();
    if (command === 'npm run build') return void (await shell(here, this.folder));
    if (command.endsWith('npm run start:prod')) return this.#start(here);
    if (command.startsWith('curl')) return this.#call(here);
    if (command.includes('npx nestjs-eie doctor')) return this.#examine(here);
    throw new Error(`docs/start.md has a command that this proof does not run: ${command}`);
  }

  /** Nobody can be asked here. A second time changes nothing. */
  async #init() {
    await shell('npx nestjs-eie init --yes', this.folder);
    assert.match(await shell('npx nestjs-eie init --yes', this.folder), /^Nothing to change\./);
  }

  async #start(command) {
    const unset = await shell(command.replace(/EIE_\w+=\S+ /g, ''), this.folder).catch(({ message }) => message);
    for (const name of ['EIE_RESOURCE', 'EIE_ISSUER']) assert.match(unset, new RegExp(`- ${name}: set it to`));
    const env = { ...process.env, PORT: String(this.port), NO_COLOR: '1' };
    this.#server = spawn('sh', ['-c', command], { cwd: this.folder, env, detached: true });
    for (const stream of [this.#server.stdout, this.#server.stderr]) stream.on('data', chunk => (this.#log += chunk));
    for (let tries = 0; !(await answers(this.resource)); tries += 1) {
      assert.ok(tries < 300 && this.#server.exitCode === null, `the application does not listen\n${this.#log}`);
      await delay(100);
    }
    // What was open stays open.
    assert.equal(await (await fetch(`http://localhost:${this.port}/`)).text(), 'Hello World!');
  }

  async #call(command) {
    if (!command.includes('$TOKEN')) {
      const answer = await shell(command, this.folder);
      assert.match(answer, /^HTTP\/1\.1 401/);
      assert.match(answer, /resource_metadata="[^"]+\/\.well-known\/oauth-protected-resource\/mcp"/);
      return;
    }
    const token = await this.issuer.accessToken('alice', this.resource);
    assert.match(await shell(command, this.folder, { TOKEN: token }), /alice/);
    this.answered = performance.now();
  }

  async #examine(command) {
    assert.match(await shell(command, this.folder), / 0 errors|^0 errors/m);
  }

  get log() {
    return this.#log;
  }

  async stop() {
    if (!this.#server || this.#server.exitCode !== null) return;
    const exited = once(this.#server, 'exit');
    process.kill(-this.#server.pid, 'SIGKILL');
    await exited;
  }
}

const answers = url =>
  fetch(url).then(
    () => true,
    () => false,
  );
