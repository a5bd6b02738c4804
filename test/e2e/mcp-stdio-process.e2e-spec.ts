import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { type AuditEvent, type AuditRecord, recordsOf } from 'nestjs-eie';
import { callTool, ERAS } from '../support/app.js';
import { until } from '../support/until.js';

const file = (name: string) => fileURLToPath(new URL(`../support/${name}`, import.meta.url));

const ARGUMENTS = ['--import', file('typescript-loader.mjs'), file('stdio-server.ts')];

describe.each(ERAS)('a process that a client of %s starts', era => {
  let folder: string;
  let client: Client;
  let transport: StdioClientTransport;
  let logged: string;
  const broken: Error[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eie-stdio-'));
    transport = new StdioClientTransport({
      command: process.execPath,
      args: ARGUMENTS,
      env: { AUDIT_DIRECTORY: folder, USER: 'alice' },
      stderr: 'pipe',
    });
    logged = '';
    transport.stderr!.on('data', data => (logged += String(data)));
    client = new Client(
      { name: 'host', version: '1.0.0' },
      era === '2026-07-28' ? { versionNegotiation: { mode: { pin: era } } } : {},
    );
    client.onerror = error => broken.push(error);
    await client.connect(transport);
  });
  afterAll(async () => {
    await client?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function records(): Promise<AuditEvent[]> {
    const all: AuditRecord[] = [];
    for await (const record of recordsOf(join(folder, 'stdio'))) all.push(record);
    return all.filter((record): record is AuditRecord & AuditEvent => 'outcome' in record);
  }

  it('serves the configured user, and writes nothing but the protocol to stdout', async () => {
    expect((await callTool(client, 'whoami')).json).toEqual({ user: 'alice', confidence: 'configured' });
    expect(broken).toEqual([]);
  });

  it('lists what that user may do, and refuses the rest', async () => {
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['whoami']);
    expect(await callTool(client, 'write')).toMatchObject({ isError: true, code: 'insufficient_scope' });
  });

  it('is told by its log which scope a refused call lacks, and where to add it', async () => {
    await callTool(client, 'write');
    await until(() => logged.includes('insufficient_scope'));
    expect(logged).toMatch(
      /insufficient_scope .* in write: .*Scopes of the operation: orders:write\..*stdio\.identity\.scopes/,
    );
  });

  it('keeps the same audit log as over HTTP', async () => {
    await callTool(client, 'whoami');
    await callTool(client, 'write');
    expect(
      (await records()).slice(-3).map(({ type, handler, actor_sub, agent_id }) => [type, handler, actor_sub, agent_id]),
    ).toEqual([
      ['execution.intent', 'whoami', 'alice', 'agent-desk'],
      ['execution.outcome', 'whoami', 'alice', 'agent-desk'],
      ['authorization.refused', 'write', 'alice', 'agent-desk'],
    ]);
  });
});

it('a process ends by itself when its client goes away', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'eie-stdio-'));
  const child = spawn(process.execPath, ARGUMENTS, {
    env: { AUDIT_DIRECTORY: folder, USER: 'alice' },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.end();
  expect(await once(child, 'exit')).toEqual([0, null]);
  await rm(folder, { recursive: true, force: true });
});
