import { createHash, randomUUID } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose';
import { newKeyPair } from '../support/key-pair.js';
import {
  type Diagnostic,
  type RevocableIdentity,
  ReplayStore,
  type ReplayVerdict,
  RevocationStore,
  type RevokedIdentity,
  verifyDelegatedCall,
} from 'execution-identity';
import {
  ApprovalStore,
  Authenticated,
  Identity,
  IdentityRevocation,
  MemoryReplayStore,
  MemoryRevocationStore,
  RequireApproval,
} from 'nestjs-eie';
import { inputRequired } from '@modelcontextprotocol/server';
import { EieMcpModule, Tool, ToolCall, ToolController } from 'nestjs-eie/mcp';
// @ts-expect-error -- plain JavaScript, which node runs as it is
import { rawHeaders, read, receiverPolicy } from '../vectors/run.mjs';
import { ADAPTERS, ERAS, startApp, type TestApp } from '../support/app.js';
import { connectAsking } from '../support/asking-client.js';
import { message, send } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';

/** Databases that are away, in each way in which they can be. */
const AWAY: Record<string, () => Promise<never>> = {
  'rejects at once': () => Promise.reject(Object.assign(new Error('no connection'), { code: 'ECONNREFUSED' })),
  throws: () => {
    throw new TypeError('no client');
  },
  'answers nonsense': async () => undefined as never,
  'never answers': () => new Promise(() => undefined),
};

class ReplaysAway extends ReplayStore {
  constructor(private readonly away: () => Promise<never>) {
    super();
  }

  override take(): Promise<ReplayVerdict> {
    return this.away();
  }
}

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity('actor.sub') sub: string) {
    return sub;
  }
}

let paid = 0;

@ToolController()
@Authenticated()
class PayingTools {
  @Tool({ name: 'pay' })
  async pay(@ToolCall() call: ToolCall) {
    if (!call.state()) return call.requestInput({ approve: inputRequired.elicit(SURE) }, { asked: true });
    paid++;
    return 'paid';
  }

  @Tool({ name: 'pay_approved' })
  @RequireApproval({ reason: 'Money leaves the shop.' })
  payApproved() {
    paid++;
  }
}
const SURE = {
  message: 'Sure?',
  requestedSchema: { type: 'object' as const, properties: { approve: { type: 'boolean' as const } } },
};

describe.each(Object.entries(AWAY))('a replay store that %s', (how, away) => {
  it('lets no Txn-Token in that is to be taken once', async () => {
    const { now, policy, vectors } = read('single-use');
    const told: Diagnostic[] = [];
    const receiver = {
      ...receiverPolicy(policy),
      replays: new ReplaysAway(away),
      diagnostics: { report: (one: Diagnostic) => void told.push(one) },
    };
    const [first] = vectors;
    expect(first.expect.valid).toBe(true);
    await expect(verifyDelegatedCall(rawHeaders(first), receiver, now)).rejects.toMatchObject({
      code: how === 'answers nonsense' ? 'txn_token_replayed' : 'txn_token_unavailable',
    });
    expect(told.length).toBe(how === 'answers nonsense' ? 0 : 1);
  });

  it.each(ADAPTERS)('lets no DPoP proof in, on %s, and the operator can see why on the audit log', async adapter => {
    const world = await startWorld();
    const app = await startApp(world, {
      adapter,
      controllers: [MeController],
      options: { ports: { replay: new ReplaysAway(away) } },
    });
    const { privateKey, publicKey } = newKeyPair();
    const jwk = await exportJWK(publicKey);
    const token = world.userToken({ claims: { cnf: { jkt: await calculateJwkThumbprint(jwk) } } });
    const ath = createHash('sha256').update(token).digest('base64url');
    const proof = await new SignJWT({ htm: 'GET', htu: 'https://mcp.shop.test/me', jti: randomUUID(), ath })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .setIssuedAt()
      .sign(privateKey);
    const { status } = await fetch(`${app.url}/me`, { headers: { authorization: `DPoP ${token}`, dpop: proof } });
    // An outage says nothing of the proof. Its client would sign in again for nothing, and the log would tell of an attack.
    expect([status, app.auditLog.last('admission.refused').reason]).toEqual(
      how === 'answers nonsense' ? [401, 'proof_replayed'] : [503, 'proof_unavailable'],
    );
    await app.close();
    await world.close();
  });

  it.each(ERAS)('runs no further round of a call, and says that it cannot be known, in MCP %s', async era => {
    paid = 0;
    const replay = new ReplaysAway(away);
    const world = await startWorld();
    const app = await startApp(world, {
      providers: [PayingTools],
      imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', sessions: true })],
      options: { ports: { replay } },
    });
    for (const name of ['pay', 'pay_approved']) {
      const client = await connectAsking(
        `${app.url}/mcp`,
        () => world.userToken(),
        era,
        () => ({
          action: 'accept',
          content: { approve: true },
        }),
      );
      const code = how === 'answers nonsense' ? undefined : 'request_state_unavailable';
      const answer = await client.callTool({ name, arguments: {} }).catch(({ message: text }: Error) => text);
      if (code) expect(answer).toMatchObject({ isError: true, structuredContent: { code } });
      else expect(answer).toMatch('Invalid or expired requestState');
      const refused = app.auditLog.events.filter(({ outcome }) => outcome === 'refused');
      const told = name === 'pay' ? 'input_invalid' : 'approval_unknown';
      expect(refused.map(({ reason, handler, actor_sub }) => [reason, handler, actor_sub])).toEqual([
        [code ?? told, name, 'alice'],
      ]);
      app.auditLog.events.length = 0;
      await client.close();
    }
    expect(paid).toBe(0);
    await app.close();
    await world.close();
  });
});

it('a state that a client brings back while the replay store is away is taken once it answers', async () => {
  const kept = new MemoryReplayStore(100);
  let isAway = true;
  class Replays extends ReplayStore {
    override take(...asked: Parameters<ReplayStore['take']>): Promise<ReplayVerdict> {
      return isAway ? AWAY['rejects at once']!() : kept.take(...asked);
    }
  }
  const world = await startWorld();
  const app = await startApp(world, {
    providers: [PayingTools],
    imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' })],
    options: { ports: { replay: new Replays() } },
  });
  const era = '2026-07-28';
  const call = async (round: object = {}) => {
    const body = message(era, 'tools/call', { name: 'pay_approved', arguments: {}, ...round }, 1, { elicitation: {} });
    return (await send(app.url, world.userToken(), era, body)).messages[0].result;
  };
  paid = 0;
  const { requestState } = await call();
  const round = { requestState, inputResponses: { approve: { action: 'accept', content: { approve: true } } } };
  expect(await call(round)).toMatchObject({ structuredContent: { code: 'request_state_unavailable' } });
  isAway = false;
  expect((await call(round)).isError).toBeFalsy();
  expect(paid).toBe(1);
  await app.close();
  await world.close();
});

describe.each(Object.entries(AWAY))('a revocation store that %s', (_how, away) => {
  class RevocationsAway extends RevocationStore {
    override async add(_revoked: RevokedIdentity): Promise<void> {
      await away();
      throw new Error('not kept');
    }
    override isRevoked(_identity: RevocableIdentity): Promise<boolean> {
      return away();
    }
    override async subscribe() {
      return async () => undefined;
    }
  }

  let world: World;
  let app: TestApp;
  beforeAll(async () => {
    world = await startWorld();
    app = await startApp(world, {
      controllers: [MeController],
      options: { ports: { revocation: new RevocationsAway() } },
    });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });

  it('lets nobody in: whether an identity is revoked must be known', async () => {
    const { status } = await fetch(`${app.url}/me`, { headers: { authorization: `Bearer ${world.userToken()}` } });
    expect([status, app.auditLog.last('admission.refused').reason]).toEqual([503, 'revocation_unavailable']);
  });

  it('tells whoever revokes that it is not confirmed, and records that it was asked for: it may count all the same', async () => {
    await expect(app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'alice' })).rejects.toMatchObject({
      code: 'revocation_unavailable',
    });
    expect(app.auditLog.last('identity.revoked')).toMatchObject({
      outcome: 'failed',
      reason: 'revocation_unavailable',
      actor_sub: 'alice',
    });
  });
});

let closed = 0;

@ToolController()
@Authenticated()
class ClosingTools {
  @Tool({ name: 'close_shop' })
  @RequireApproval({ reason: 'The shop is closed for ever.' })
  closeShop() {
    closed++;
  }

  @Tool({ name: 'close_shop_by_two' })
  @RequireApproval({ reason: 'The shop is closed for ever.', by: 'another' })
  closeShopByTwo() {
    closed++;
  }
}

describe.each(Object.entries(AWAY))('an approval store that %s', (_how, away) => {
  class ApprovalsAway extends ApprovalStore {
    override request = away;
    override find = away;
    override pending = away;
    override decide = away;
    override consume = away;
  }

  it.each(['close_shop', 'close_shop_by_two'])('lets no call of %s run, and the operator can see why', async name => {
    const world = await startWorld();
    const app = await startApp(world, {
      providers: [ClosingTools],
      imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' })],
      options: { ports: { approvals: new ApprovalsAway() } },
    });
    const body = message('2026-07-28', 'tools/call', { name, arguments: {} }, 1, { elicitation: {} });
    const { messages } = await send(app.url, world.userToken(), '2026-07-28', body);
    expect(messages[0].result).toMatchObject({ isError: true, structuredContent: { code: 'approval_unavailable' } });
    expect(app.auditLog.last('authorization.refused')).toMatchObject({ reason: 'approval_unavailable', handler: name });
    expect(closed).toBe(0);
    await app.close();
    await world.close();
  });
});

describe('an error of a store that says what can be done', () => {
  class Broken extends Error {
    readonly code = 'NOPERM';
    readonly remedy = 'Give the role the right\nto read.';
  }

  class Revocations extends MemoryRevocationStore {
    override isRevoked(): never {
      throw new Broken('of alice, secret');
    }
  }

  it('tells the operator that on one line, and nothing of its message', async () => {
    const world = await startWorld();
    const told: string[] = [];
    const app = await startApp(world, {
      controllers: [MeController],
      options: {
        ports: {
          diagnostics: { report: ({ message: line }) => void told.push(line) },
          revocation: new Revocations(),
        },
      },
    });
    try {
      const headers = { authorization: `Bearer ${world.userToken()}` };
      expect((await fetch(`${app.url}/me`, { headers })).status).toBe(503);
      expect(told).toContain(
        'The revocation store does not answer (NOPERM): identities are refused until it does. Give the role the right\\u{a}to read.',
      );
      expect(told.join()).not.toContain('secret');
    } finally {
      await app.close();
      await world.close();
    }
  });
});
