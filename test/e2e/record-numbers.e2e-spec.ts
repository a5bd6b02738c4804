import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, HttpException } from '@nestjs/common';
import { type Client } from '@modelcontextprotocol/client';
import {
  type AuditEvent,
  type AuditOptions,
  Authenticated,
  Identity,
  makeReceipt,
  recordsOf,
  verifyReceipt,
} from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, connect, startMcpApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'whoami' })
  whoami(@Identity('actor.sub') user: string) {
    return user;
  }

  @Tool({ name: 'fail' })
  fail() {
    throw new HttpException('no', 418);
  }
}

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity('actor.sub') user: string) {
    return user;
  }
}

const KEY = 'execution-identity/audit-record';

describe.each(ADAPTERS)('an answer on %s', adapter => {
  let world: World;
  let directory: string;
  let app: TestApp;
  let client: Client;

  async function start(audit: AuditOptions): Promise<void> {
    directory = await mkdtemp(join(tmpdir(), 'eie-numbers-'));
    app = await startMcpApp(world, {
      adapter,
      controllers: [MeController],
      providers: [Tools],
      options: { audit: { directory, instance: 'shop', ...audit } },
    });
    client = await connect(app.url, world.userToken());
  }

  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());
  afterEach(async () => {
    await client.close();
    await app.close();
    await rm(directory, { recursive: true });
  });

  const recordAt = async (seq: number): Promise<AuditEvent> => {
    for await (const record of recordsOf(join(directory, 'shop'), seq)) return record as AuditEvent;
    throw new Error('there is none');
  };
  const me = () => fetch(`${app.url}/me`, { headers: { authorization: `Bearer ${world.userToken()}` } });

  it('says where its outcome is on the audit log, and a receipt of it names who has acted', async () => {
    await start({ namesRecords: true });
    for (const [tool, outcome] of [
      ['whoami', 'ok'],
      ['fail', 'failed'],
    ] as const) {
      const { _meta } = await client.callTool({ name: tool, arguments: {} });
      const { seq, log } = (_meta as Record<string, { seq: number; log: string }>)[KEY]!;
      expect(await recordAt(seq)).toMatchObject({
        type: 'execution.outcome',
        handler: tool,
        outcome,
        actor_sub: 'alice',
      });
      expect(log).toMatch(/^mcp\.shop\.test\/mcp\/audit\//);
    }
    const header = (await me()).headers.get('audit-record')!;
    const seq = Number(header.split('#')[1]);
    expect(await recordAt(seq)).toMatchObject({ type: 'execution.outcome', handler: 'MeController.me' });
    await app.close();
    const verdict = await verifyReceipt(await makeReceipt(join(directory, 'shop'), seq));
    expect(verdict).toMatchObject({ verdict: 'operator', record: { actor_sub: 'alice', outcome: 'ok' } });
  });

  it('says nothing of it by default', async () => {
    await start({});
    expect((await client.callTool({ name: 'whoami', arguments: {} }))._meta?.[KEY]).toBeUndefined();
    expect((await me()).headers.get('audit-record')).toBeNull();
  });

  it('has a digest of what the model has sent on the record, and what was sent nowhere', async () => {
    await start({ namesRecords: true });
    const { _meta } = await client.callTool({ name: 'whoami', arguments: {} });
    const { args_digest } = await recordAt((_meta as Record<string, { seq: number }>)[KEY]!.seq);
    expect(args_digest).toMatch(/^[\w-]{43}$/);
  });

  it('names the user to the tool, and by a pseudonym on a record that is to be forgotten', async () => {
    await start({ namesRecords: true, pseudonyms: true });
    const { _meta, content } = await client.callTool({ name: 'whoami', arguments: {} });
    expect(content).toMatchObject([{ text: expect.stringContaining('alice') }]);
    const { actor_sub } = await recordAt((_meta as Record<string, { seq: number }>)[KEY]!.seq);
    expect(actor_sub).toMatch(/^pseudonym:[\w-]{22}$/);
  });
});
