import { Module } from '@nestjs/common';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  EieModule,
  type ExecutionIdentityEnvelope,
  Identity,
} from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { expectIsolated, MCP_ERAS, startTestApp, type TestApp } from 'nestjs-eie/testing';
import { options } from './shop.js';

/** Tools of a team, some with the mistake that this is for. */
@ToolController()
class Tools {
  #last: string | undefined;

  @Tool({ name: 'mine', description: 'What the API says of me' })
  @Authenticated()
  mine(@Delegated('orders_api') orders: DelegatedFetch) {
    return orders.json('/mine');
  }

  @Tool({ name: 'shared', description: 'Keeps the user in a field' })
  @Authenticated()
  async shared(@Identity() { actor }: ExecutionIdentityEnvelope, @Delegated('orders_api') orders: DelegatedFetch) {
    this.#last = actor.sub;
    await orders.json('/mine');
    return { for: this.#last };
  }

  @Tool({ name: 'broken', description: 'Always fails' })
  @Authenticated()
  broken(): never {
    throw new Error('broken');
  }
}

@Module({
  imports: [
    EieModule.forRoot({ ...options(), targets: { orders_api: options().targets!.orders_api! } }),
    EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' }),
  ],
  providers: [Tools],
})
class AppModule {}

const as = { tenant: 'acme', scopes: ['orders:read'], agent: 'desk-agent' };

describe('expectIsolated()', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp(AppModule);
    app.target('orders_api').reply(({ sub }) => ({ json: { owner: sub } }));
  });
  afterAll(() => app.close());

  it.each(MCP_ERAS)('passes where users are apart, and says what it has looked at (%s)', async era => {
    const report = await expectIsolated(app, { users: 8, as, tools: ['mine'], interleavings: 3, era });
    expect(report).toMatchObject({ calls: 24, targetCalls: 24 });
    expect(report.records).toBeGreaterThanOrEqual(4 * 24);
  });

  it('fails where a tool keeps its user in a field, names tool and users, and says how to repeat it', async () => {
    const run = expectIsolated(app, { users: 8, as, tools: ['shared'], interleavings: 3 });
    await expect(run).rejects.toThrow(/seed \d+[^]*the answer of shared to user-\d-\w+ names user-\d-\w+/);
  });

  it('fails where an API answers with the data of somebody else', async () => {
    const owners = ['ann', 'ben'];
    const wrong = await startTestApp(AppModule);
    try {
      wrong.target('orders_api').reply(() => ({ json: { owner: owners[0] } }));
      const users = owners.map(sub => ({ sub }));
      await expect(expectIsolated(wrong, { users, as, tools: ['mine'] })).rejects.toThrow(
        'the answer of mine to ben names ann',
      );
    } finally {
      await wrong.close();
    }
  });

  it('fails where a tool always fails: that would prove nothing', async () => {
    await expect(expectIsolated(app, { users: 2, as, tools: ['broken'] })).rejects.toThrow(/broken fails for user-/);
  });

  it('refuses users that cannot be told apart in an answer', async () => {
    const users = [{ sub: 'ann' }, { sub: 'anna' }];
    await expect(expectIsolated(app, { users, as, tools: ['mine'] })).rejects.toThrow(/part of no other sub/);
  });

  it('makes no more calls than it says', async () => {
    const many = { users: 100, as, tools: ['mine'], interleavings: 1_000 };
    await expect(expectIsolated(app, many)).rejects.toThrow(/1 to 20000 calls/);
  });
});
