import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { shell } from './run.mjs';

/** Milliseconds: `nest start --watch` compiles first, on a machine that does other things too. */
const PATIENCE = 120_000;

/** One walk through the page in one project: its commands as they stand there, but for the port and the issuer of this run. */
export class Walk {
  /** What was started and serves, the last one: `dev`, then the application alone. */
  #server;
  #log = '';
  #token;

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
    if (command.startsWith('npx nestjs-eie dev')) return this.#dev(here);
    if (command.startsWith('TOKEN=')) return this.#take(here);
    if (command === 'npm run build') return this.#build(here);
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

  async #dev(command) {
    await this.#serve(command);
    assert.match(this.#log, /page +http:\/\/127\.0\.0\.1:\d+\//);
  }

  /** As a shell does that runs the line. */
  async #take(command) {
    this.#token = (await shell(`${command}; printf %s "$TOKEN"`, this.folder)).trim();
    assert.match(this.#token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
  }

  /** By hand the user has ended what ran before. */
  async #build(command) {
    await this.#end('SIGINT');
    assert.doesNotMatch(this.#log, new RegExp(this.#token));
    await shell(command, this.folder);
  }

  async #start(command) {
    const unset = await shell(command.replace(/EIE_\w+=\S+ /g, ''), this.folder).catch(({ message }) => message);
    for (const name of ['EIE_RESOURCE', 'EIE_ISSUER']) assert.match(unset, new RegExp(`- ${name}: set it to`));
    await this.#serve(command);
  }

  async #serve(command) {
    const env = { ...process.env, PORT: String(this.port), NO_COLOR: '1' };
    delete env.NODE_ENV;
    this.#log = '';
    this.#server = spawn('sh', ['-c', `exec ${/^EIE_/.test(command) ? `env ${command}` : command}`], {
      cwd: this.folder,
      env,
      detached: true,
    });
    for (const stream of [this.#server.stdout, this.#server.stderr]) stream.on('data', chunk => (this.#log += chunk));
    for (const end = performance.now() + PATIENCE; !(await answers(this.resource)); await delay(100))
      assert.ok(
        performance.now() < end && this.#server.exitCode === null,
        `the application does not listen\n${this.#log}`,
      );
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
    assert.match(await shell(command, this.folder, { TOKEN: this.#token }), /alice/);
    this.answered = performance.now();
  }

  async #examine(command) {
    assert.match(await shell(command, this.folder), / 0 errors|^0 errors/m);
  }

  get log() {
    return this.#log;
  }

  stop() {
    return this.#end('SIGKILL');
  }

  /** Nothing that it has started may be left on the port. */
  async #end(signal) {
    if (!this.#server || this.#server.exitCode !== null || this.#server.signalCode !== null) return;
    const exited = once(this.#server, 'exit');
    process.kill(-this.#server.pid, signal);
    await exited;
    if (signal === 'SIGINT') assert.equal(await answers(this.resource), false, 'the application still listens');
  }
}

const answers = url =>
  fetch(url).then(
    () => true,
    () => false,
  );
