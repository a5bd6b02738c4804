import { type CanActivate, Controller, type ExecutionContext, Get, Injectable, Logger } from '@nestjs/common';
import { Authenticated, type IssuerOptions, IssuerSource, Unmanaged } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { startApp, type TestApp } from '../support/app.js';
import { sendRaw } from '../support/loopback.js';
import { message, send } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';

@Injectable()
class OwnGuard implements CanActivate {
  static lent = '';

  canActivate(context: ExecutionContext): boolean {
    OwnGuard.lent = String(
      context.switchToHttp().getRequest<{ headers: Record<string, unknown> }>().headers.authorization,
    );
    return true;
  }
}

@Controller()
class Routes {
  @Get('me')
  @Authenticated()
  me() {
    return 'ok';
  }

  @Get('own')
  @Unmanaged(OwnGuard, { reason: 'its callers have API keys' })
  own() {
    return 'ok';
  }
}

@ToolController()
@Authenticated()
class DeliveryTools {
  @Tool({ name: 'deliver' })
  deliver() {
    return 'ok';
  }
}

class Table extends IssuerSource {
  readonly advertised = [];
  readonly questions: string[] = [];
  answer: (issuer: string) => IssuerOptions | undefined = () => undefined;

  async find(issuer: string): Promise<IssuerOptions | undefined> {
    this.questions.push(issuer);
    return this.answer(issuer);
  }
}

const ROUTE = 'api://delivery';
const ALONE = 'api://mcp-server';

describe('an IssuerSource', () => {
  let customer: World, main: World, app: TestApp, table: Table, now: number;
  let lines: string[];
  beforeAll(async () => void ([customer, main] = await Promise.all([startWorld(), startWorld()])));
  afterAll(() => Promise.all([customer.close(), main.close()]));
  beforeEach(async () => {
    table = new Table();
    lines = [];
    OwnGuard.lent = '';
    now = Date.now();
    app = await startApp(main, {
      controllers: [Routes],
      providers: [OwnGuard, DeliveryTools],
      imports: [
        EieMcpModule.register({
          path: 'delivery',
          name: 'delivery',
          version: '1.0.0',
          include: [DeliveryTools],
          resource: 'https://delivery.shop.test/delivery',
          audience: [ROUTE],
        }),
      ],
      options: { issuers: [main.issuerOptions(), table], ports: { clock: () => now } },
    });
    const keep = (line: string): void => void lines.push(line);
    Logger.overrideLogger({ log: () => undefined, warn: keep, error: keep });
  });
  afterEach(async () => {
    Logger.overrideLogger(false);
    await app.close();
  });

  const token = (aud: string, claims: object = {}) => customer.userToken({ claims: { aud, ...claims } });
  const get = async (path: string, bearer: string) =>
    (await sendRaw(`${app.url}/${path}`, { headers: ['Authorization', `Bearer ${bearer}`] })).status;

  it('whose issuer has an audience of its own: its tokens are not lent to the guard of an unmanaged handler', async () => {
    table.answer = issuer => (issuer === customer.issuer ? customer.issuerOptions({ audience: [ALONE] }) : undefined);
    expect(await get('own', token(ALONE))).toBe(200);
    expect(OwnGuard.lent).toBe('undefined');
    expect(await get('me', token(ALONE))).toBe(200);
  });

  it("is in nobody's way where the token is of no issuer that it may know", async () => {
    for (const key of ['key-of-the-legacy-back-office', main.userToken({ claims: { aud: 'https://other.test' } })]) {
      expect(await get('own', key)).toBe(200);
      expect(OwnGuard.lent).toBe(`Bearer ${key}`);
    }
  });

  it.each<[string, Partial<IssuerOptions>]>([
    ['audience', { audience: [ALONE, ROUTE] }],
    ['tenantAudience', { tenantAudience: 'api://{tenant}' }],
  ])('cannot open the main route with the %s of another route', async (_option, audience) => {
    table.answer = () => customer.issuerOptions(audience);
    expect(await get('me', token(ROUTE))).toBe(401);
    const delivery = message('2026-07-28', 'tools/list');
    expect((await send(app.url, token(ROUTE), '2026-07-28', delivery, { path: '/delivery' })).status).toBe(401);
    expect(lines.filter(line => line.includes(`the audience ${ROUTE}, which is that of a route`))).toHaveLength(2);
    expect(table.questions).toHaveLength(1);
  });

  it('that throws says so in the line of the refusal alone, without its message, and is left alone for five seconds', async () => {
    table.answer = issuer => {
      throw new RangeError(`no row for ${issuer}`);
    };
    const bearer = token(ALONE, { iss: 'https://login.customer.test' });
    for (let i = 0; i < 40; i++) expect(await get('me', bearer)).toBe(503);
    expect(lines).toHaveLength(10);
    expect(lines.every(line => line.startsWith('issuer_unavailable') && line.includes('RangeError'))).toBe(true);
    expect(lines.some(line => line.includes('no row'))).toBe(false);
    expect(table.questions).toHaveLength(1);
    now += 5_000;
    await get('me', bearer);
    expect(table.questions).toHaveLength(2);
  });

  it.each([
    'https://login.test/\n[Nest] LOG',
    'https://login.test/a b',
    'https://login.test/\u202e',
    'https://login.test/\t',
  ])('is never asked about %j', async iss => {
    expect(await get('me', token(ALONE, { iss }))).toBe(401);
    expect(table.questions).toEqual([]);
  });
});
