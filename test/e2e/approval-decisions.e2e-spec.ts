import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Param, Post } from '@nestjs/common';
import {
  type ApprovalDecision,
  ApprovalService,
  type AuditEvent,
  Authenticated,
  type ExecutionIdentityEnvelope,
  FileAuditLog,
  Identity,
  MemoryApprovalStore,
  RequireApproval,
} from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { startApp, type TestApp } from '../support/app.js';
import { runHere } from '../support/command-here.js';
import { message, send } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'transfer' })
  @RequireApproval({ reason: 'Money leaves the shop.', by: 'another' })
  transfer() {
    return 'transferred';
  }

  @Tool({ name: 'close' })
  @RequireApproval({ reason: 'The account is closed for ever.', by: 'self' })
  close() {
    return 'closed';
  }
}

@Controller('approvals')
@Authenticated()
class ApprovalsController {
  constructor(private readonly approvals: ApprovalService) {}

  @Post(':id/:what')
  async decide(
    @Identity() approver: ExecutionIdentityEnvelope,
    @Param('id') id: string,
    @Param('what') what: 'approve' | 'deny',
  ): Promise<void> {
    await this.approvals[what](approver, id);
  }
}

type By = Parameters<World['userToken']>[0];

/** Decisions come to it at the same time where it is told how many to wait for. */
class RacedStore extends MemoryApprovalStore {
  waitFor = 1;
  fails = false;
  #waiting: (() => void)[] = [];

  override async decide(id: string, decision: ApprovalDecision, now: number): Promise<boolean> {
    if (this.fails) throw new Error('The connection was reset.');
    await new Promise<void>(resolve => {
      this.#waiting.push(resolve);
      if (this.#waiting.length < this.waitFor) return;
      for (const next of this.#waiting.splice(0)) next();
    });
    return super.decide(id, decision, now);
  }
}

const services = {
  user: { claim: 'sub_profile', values: ['user'] },
  service: { claim: 'sub_profile', values: ['svc'] },
};

describe('a decision about a call', () => {
  let world: World;
  let app: TestApp;
  let folder: string;
  let log: FileAuditLog;
  let store: RacedStore;

  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world?.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'approvals-'));
    log = new FileAuditLog({ directory: folder, instance: 'web' });
    store = new RacedStore();
    app = await startApp(world, {
      providers: [Tools],
      controllers: [ApprovalsController],
      imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' })],
      options: {
        audit: { log },
        ports: { approvals: store },
        issuers: [{ ...world.issuerOptions({ agents: {} }), actorType: services }],
        authorization: { unregisteredAgents: 'allow' },
      },
    });
  });
  afterEach(async () => {
    await app?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const call = async (name: string, by: By = {}) => {
    const body = message('2026-07-28', 'tools/call', { name, arguments: {} });
    return (await send(app.url, world.userToken(by), '2026-07-28', body)).messages[0].result;
  };
  const asked = async (name: string, by: By = {}): Promise<string> =>
    (await call(name, by)).structuredContent.approval_id;
  const decide = async (id: string, what: 'approve' | 'deny', by: By): Promise<number> => {
    const headers = { authorization: `Bearer ${world.userToken({ clientId: 'night-batch', claims: NO_ACT, ...by })}` };
    return (await fetch(`${app.url}/approvals/${id}/${what}`, { method: 'POST', headers })).status;
  };
  const textOf = ({ content }: any): string => content[0].text;
  /** What the log says of an approval, and what `audit who` makes of it. */
  async function told(id: string) {
    await app.close();
    const { events } = JSON.parse((await runHere(['audit', 'who', folder, '--json'])).output) as {
      events: AuditEvent[];
    };
    const of = events.filter(event => event.approval_id === id);
    const { output } = await runHere(['audit', 'who', folder]);
    const lines = of.map(({ type, actor_sub, outcome }) => `${type} ${outcome} ${actor_sub}`);
    return { of, output, lines: lines.filter(line => !line.startsWith('execution.outcome')) };
  }
  const NO_ACT = { act: undefined };

  it('that comes too late is refused, is not on the log as a decision, and names nobody as the approver', async () => {
    const id = await asked('transfer');
    expect(await decide(id, 'approve', { sub: 'user-0' })).toBe(201);
    expect(await decide(id, 'approve', { sub: 'user-2' })).toBe(404);
    expect(await decide(id, 'deny', { sub: 'user-4' })).toBe(404);
    expect(textOf(await call('transfer'))).toBe('transferred');
    const { lines, output } = await told(id);
    expect(lines).toEqual([
      'approval.requested ok alice',
      'approval.decided ok user-0',
      'authorization.refused refused user-2',
      'authorization.refused refused user-4',
      'execution.intent started alice',
    ]);
    expect(output.match(/approved by .*/g)).toEqual(['approved by user-0']);
  });

  it.each([
    ['approves', 'approve'],
    ['denies', 'deny'],
  ] as const)(
    'that loses a race against one that %s is on the log as one that did not count, and names nobody as the approver',
    async (_what, other) => {
      const id = await asked('transfer');
      store.waitFor = 2;
      const subs = ['user-0', 'user-2'];
      const statuses = await Promise.all([
        decide(id, 'approve', { sub: 'user-0' }),
        decide(id, other, { sub: 'user-2' }),
      ]);
      expect([...statuses].sort()).toEqual([201, 404]);
      const [winner, loser] = [subs[statuses.indexOf(201)], subs[statuses.indexOf(404)]];
      const { result } = { result: await call('transfer') };
      const { of, output } = await told(id);
      const decisions = of.filter(({ type }) => type === 'approval.decided');
      expect(decisions.map(({ actor_sub }) => actor_sub).sort()).toEqual(subs);
      const [voided, ...more] = of.filter(event => event.type === 'authorization.refused' && event.intent_id !== null);
      expect(more).toEqual([]);
      expect(voided).toMatchObject({ actor_sub: loser, reason: 'approval_unknown' });
      expect(decisions.find(({ id: decision }) => decision === voided!.intent_id)?.actor_sub).toBe(loser);
      const isApproved = other === 'approve' || winner === 'user-0';
      expect(textOf(result).includes('transferred')).toBe(isApproved);
      expect(output.match(/approved by .*/g)).toEqual(isApproved ? [`approved by ${winner}`] : null);
      expect(output).toMatch(/transfer +refused: approval_unknown/);
    },
  );

  it('that the store has not taken is on the log as one that did not count', async () => {
    const id = await asked('transfer');
    store.fails = true;
    expect(await decide(id, 'approve', { sub: 'user-0' })).toBe(503);
    store.fails = false;
    expect(await decide(id, 'approve', { sub: 'user-2' })).toBe(201);
    expect(textOf(await call('transfer'))).toBe('transferred');
    const { of, output } = await told(id);
    expect(of.map(({ type, reason }) => [type, reason])).toContainEqual([
      'authorization.refused',
      'approval_unavailable',
    ]);
    expect(output.match(/approved by .*/g)).toEqual(['approved by user-2']);
  });

  /** The agent of a client that is not registered has the name of that client. */
  const AS_CLIENT: By = { clientId: 'desk-copilot', claims: NO_ACT };
  const BY_ACT: By = { clientId: 'assistant', claims: { act: { sub: 'desk-copilot' } } };
  const BEHIND: By = { clientId: 'assistant', claims: { act: { sub: 'router', act: { sub: 'desk-copilot' } } } };

  it.each<[how: string, asks: By, decides: By]>([
    ['names in "act" the client that asks', AS_CLIENT, BY_ACT],
    ['is of the client that the asking token names in "act"', BY_ACT, AS_CLIENT],
    ['names the asking client behind another agent', AS_CLIENT, BEHIND],
    ['is of a client that stands behind the asking agent', BEHIND, AS_CLIENT],
    ['names the agent of the call, through another client', BY_ACT, { ...BEHIND, clientId: 'night-batch' }],
  ])('does not come by a token that %s', async (_how, asks, decides) => {
    const id = await asked('close', asks);
    expect(await decide(id, 'approve', decides)).toBe(403);
    expect((await call('close', asks)).structuredContent.code).toBe('approval_required');
    expect(await decide(id, 'approve', {})).toBe(201);
    expect(textOf(await call('close', asks))).toBe('closed');
  });

  describe('of a service,', () => {
    const SERVICE: By = { clientId: 'night-batch', claims: { ...NO_ACT, sub: 'svc-7', sub_profile: 'svc' } };

    it('which has no user, cannot be asked of its user: no user of the same name decides', async () => {
      const { isError, structuredContent, content } = await call('close', SERVICE);
      expect([isError, structuredContent]).toEqual([true, { code: 'approval_unaskable' }]);
      expect(content[0].text).toMatch(/service/);
      expect(await store.pending(world.issuerOptions().issuer, 'acme', 0)).toEqual([]);
    });

    it('is that of a user where another one decides', async () => {
      expect(await decide(await asked('transfer', SERVICE), 'approve', { sub: 'user-2', clientId: 'assistant' })).toBe(
        201,
      );
      expect(textOf(await call('transfer', SERVICE))).toBe('transferred');
    });
  });
});
