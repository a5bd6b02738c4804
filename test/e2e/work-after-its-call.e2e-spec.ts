import { Controller, Injectable, Post } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import {
  Authenticated,
  DelegatesTo,
  DelegationService,
  type EieError,
  type ExecutionIdentityEnvelope,
  Identity,
} from 'nestjs-eie';
import { startApp, type TestApp } from '../support/app.js';
import { ORDERS, startWorld, type World } from '../support/world.js';

let ends = (): void => undefined;
let late: Promise<unknown>;
/** Milliseconds by which the clock is ahead. */
let ahead = 0;

const job = { id: '1', name: 'mail', data: {} };
const codeOf = ({ code }: EieError) => code;

@Injectable()
class Mailer {
  constructor(private readonly delegation: DelegationService) {}

  @OnEvent('order.placed')
  placed(identity: ExecutionIdentityEnvelope) {
    const ended = new Promise<void>(resolve => (ends = resolve));
    late = ended.then(() =>
      Promise.all([this.call(identity), identity.forJob({ queue: 'mails', scopes: [] }, job).catch(codeOf)]),
    );
  }

  call(identity: ExecutionIdentityEnvelope): Promise<unknown> {
    return this.delegation.for(identity, 'orders_api')('/orders').catch(codeOf);
  }
}

@Controller('orders')
class OrdersController {
  constructor(
    private readonly events: EventEmitter2,
    private readonly mailer: Mailer,
  ) {}

  @Post()
  @Authenticated()
  @DelegatesTo('orders_api')
  place(@Identity() identity: ExecutionIdentityEnvelope) {
    this.events.emit('order.placed', identity);
  }

  @Post('slow')
  @Authenticated()
  @DelegatesTo('orders_api')
  slow(@Identity() identity: ExecutionIdentityEnvelope) {
    ahead = 600_000;
    return this.mailer.call(identity);
  }
}

describe('the log of the application', () => {
  let world: World;
  let app: TestApp;
  const lines: string[] = [];
  beforeAll(async () => {
    world = await startWorld();
    const orders_api = {
      mode: 'service_identity' as const,
      baseUrl: 'http://127.0.0.1:9',
      issuer: world.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    const diagnostics = { report: ({ message }: { message: string }) => void lines.push(message) };
    app = await startApp(world, {
      imports: [EventEmitterModule.forRoot()],
      controllers: [OrdersController],
      providers: [Mailer],
      options: { targets: { orders_api }, ports: { clock: () => Date.now() + ahead, diagnostics } },
    });
  });
  afterAll(() => Promise.all([app, world].map(one => one?.close())));
  beforeEach(() => {
    ahead = 0;
    lines.length = 0;
  });

  const post = (path: string) =>
    fetch(`${app.url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${world.userToken()}` } });
  const calls = () => lines.filter(line => line.includes('calling orders_api'));

  it.each([
    ['at once', 0],
    ['when its identity has expired, too', 600_000],
  ])(
    'says of a listener that calls an API after its call, %s, that the call has ended: no option would help',
    async (_when, later) => {
      expect((await post('/orders')).status).toBe(201);
      ahead = later;
      ends();
      expect(await late).toEqual(['identity_expired', 'identity_expired']);
      expect(calls()).toEqual([expect.stringMatching(/^identity_expired .*Its call has ended.*identity\.forJob\(\)/)]);
      expect(calls()[0]).not.toContain('limits.envelopeLifetime');
      expect(app.auditLog.last('delegation.refused')).toMatchObject({ reason: 'identity_expired', actor_sub: 'alice' });
    },
  );

  it('says of a handler that runs longer than its identity which option gives it more time', async () => {
    expect(await (await post('/orders/slow')).text()).toBe('identity_expired');
    expect(calls()).toEqual([expect.stringMatching(/^identity_expired .*limits\.envelopeLifetime/)]);
  });
});
