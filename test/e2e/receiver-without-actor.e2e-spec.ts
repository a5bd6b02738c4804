import { Controller, Get } from '@nestjs/common';
import { Authenticated, Delegated, type DelegatedFetch, Identity, type TargetOptions } from 'nestjs-eie';
import { startApp } from '../support/app.js';
import { startReceiver } from '../support/receiver-app.js';
import { INVOICES, startWorld, type World } from '../support/world.js';

@Controller('call')
class ActorlessCaller {
  @Get()
  @Authenticated()
  async call(@Delegated('invoices_api') invoices: DelegatedFetch) {
    return (await invoices('/seen')).json();
  }
}

@Controller('seen')
class ActorlessSeen {
  @Get()
  @Authenticated()
  seen(@Identity('actor.sub') user: string, @Identity('agent.id') agent: string) {
    return { user, agent };
  }
}

describe('a receiver of an issuer that names no actor when it exchanges', () => {
  let world: World;
  beforeAll(async () => (world = await startWorld()));
  afterAll(() => world?.close());

  /** What the receiver answers, and what its operator is told, in this mode of the caller. */
  async function call(mode: Pick<TargetOptions, 'mode' | 'actEvidence' | 'reason'>) {
    const told: string[] = [];
    const diagnostics = { report: ({ message }: { message: string }) => void told.push(message) };
    const receiver = await startReceiver(world, {
      service: 'invoices_api',
      resource: INVOICES,
      controllers: [ActorlessSeen],
      options: { ports: { diagnostics } },
    });
    const target = { baseUrl: receiver.url, issuer: world.issuer, resource: INVOICES, scopes: ['invoices:read'] };
    const shop = await startApp(world, {
      controllers: [ActorlessCaller],
      options: { targets: { invoices_api: { ...target, ...mode } }, signing: { keys: world.sealing.keys } },
    });
    const headers = { authorization: `Bearer ${world.userToken({ scope: 'invoices:read' })}` };
    const body = (await (await fetch(`${shop.url}/call`, { headers })).json()) as unknown;
    await Promise.all([shop.close(), receiver.close()]);
    return { body, told: told.join('\n') };
  }

  it('knows the user and the agent in the mode restricted_user', async () => {
    const { body } = await call({ mode: 'restricted_user', reason: 'The issuer names no actor.' });
    expect(body).toEqual({ user: 'alice', agent: 'agent-desk-copilot' });
  });

  it('refuses a call in the mode on_behalf_of, and tells its operator which mode fits', async () => {
    const { body, told } = await call({ mode: 'on_behalf_of', actEvidence: 'none' });
    expect(body).toMatchObject({ statusCode: 401 });
    expect(told).toMatch(/credential_mismatch/);
    expect(told).toMatch(/names nobody: .* the target of the caller has the mode restricted_user/);
  });
});
