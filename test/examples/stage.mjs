import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { TestAuthorizationServer } from 'nestjs-eie/testing';
import { freePort } from '../support/free-port.ts';
import { startLoopback } from '../support/loopback.ts';
import { until } from '../support/until.ts';
import { root } from '../pack/run.mjs';

const HOSTS_ELSEWHERE = pathToFileURL(join(root, 'test/examples/hosts-elsewhere.mjs')).href;
/** The ports that examples name. Each is another one here. */
const PORTS = /\b(3000|3001|4000|4001|4002)\b/g;

/** Where one example runs: its processes, and what stands around it. */
export class Stage {
  #ports = new Map();
  #ends = [];
  #log = '';
  #variables = {};

  constructor(folder, name) {
    this.folder = join(folder, name);
    this.packages = folder;
  }

  /** A text of the example, with the ports of this run. */
  async here(text) {
    for (const [port] of text.matchAll(PORTS)) if (!this.#ports.has(port)) this.#ports.set(port, await freePort());
    return text.replaceAll(PORTS, port => this.#ports.get(port));
  }

  /** The resource of the MCP server, where it is called as well. */
  resource() {
    return this.here('http://localhost:3000/mcp');
  }

  /**
   * Writes `.env` as `.env.example` has it, but for the ports and these values. Where the example has none, its processes get the values.
   * A value of a variable that the example does not show is a fault.
   */
  async environment(values) {
    const example = join(this.folder, '.env.example');
    if (!existsSync(example)) {
      this.#variables = { ...this.#variables, ...values };
      return;
    }
    const shown = await this.here(await readFile(example, 'utf8'));
    for (const name of Object.keys(values))
      assert.match(shown, new RegExp(`^${name}=`, 'm'), `.env.example has no ${name}`);
    const lines = shown.split('\n').map(line => {
      const [name] = line.split('=');
      return name in values ? `${name}=${values[name]}` : line;
    });
    await writeFile(join(this.folder, '.env'), lines.join('\n'));
  }

  /** An issuer as RFC 9068 has it, for tokens of the MCP server. */
  async issuer(options = {}) {
    const server = await TestAuthorizationServer.start({ audience: await this.resource(), ...options });
    this.closes(() => server.close());
    return server;
  }

  async loopback(answer) {
    const server = await startLoopback(answer);
    this.closes(() => server.close());
    return server;
  }

  /** What ends with the example. */
  closes(end) {
    this.#ends.push(end);
  }

  /** Runs a script of the example until the end, and waits until it answers at this address. `elsewhere`: hosts, and where they are instead. */
  async start(script, address, { variables, elsewhere } = {}) {
    const child = await this.#spawn(script, variables, elsewhere);
    const url = await this.here(address);
    await until(() => {
      assert.equal(child.exitCode, null, `${script} has ended\n${this.#log}`);
      return fetch(url).then(
        () => true,
        () => false,
      );
    });
    return url;
  }

  /** Runs a script of the example until the end, and gives the first lines that it prints. */
  async lines(script, count) {
    const child = await this.#spawn(script);
    const lines = [];
    for await (const line of createInterface(child.stdout)) if (lines.push(line) === count) break;
    assert.equal(lines.length, count, `${script} has ended\n${this.#log}`);
    return lines;
  }

  async #spawn(script, variables, elsewhere) {
    const { scripts } = JSON.parse(await readFile(join(this.folder, 'package.json'), 'utf8'));
    const [program, ...args] = scripts[script].split(' ');
    assert.equal(program, 'node', `"${script}" is no script for node`);
    if (elsewhere) args.unshift('--import', HOSTS_ELSEWHERE);
    const env = { ...this.inherited(), ...this.#variables, ...variables };
    if (elsewhere) env.HOSTS_ELSEWHERE = JSON.stringify(elsewhere);
    const child = spawn(process.execPath, args, { cwd: this.folder, env });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (this.#log += chunk));
    const exited = once(child, 'exit');
    this.closes(async () => {
      child.kill('SIGKILL');
      await exited;
    });
    return child;
  }

  /** As the shell of a user has it. */
  inherited() {
    const env = { ...process.env, NO_COLOR: '1' };
    for (const name of ['NODE_ENV', 'NODE_OPTIONS']) delete env[name];
    return env;
  }

  get log() {
    return this.#log;
  }

  async close() {
    await Promise.all(this.#ends.map(end => end()));
  }
}
