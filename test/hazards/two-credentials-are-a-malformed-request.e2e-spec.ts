import { ADAPTERS } from '../support/app.js';
import { type DoorApp, startDoor } from '../support/door.js';
import { startWorld, type World } from '../support/world.js';

const FORM = ['Content-Type', 'application/x-www-form-urlencoded'];
const bearer = (token: string) => ['Authorization', `Bearer ${token}`];

/** Told to the client: which rule of RFC 6750 the request breaks, and nothing about its tokens. */
const MALFORMED = {
  status: 400,
  body: '{"statusCode":400,"message":"Bad Request"}',
  challenge: expect.stringContaining('error="invalid_request"'),
  opened: false,
  records: [
    expect.objectContaining({
      type: 'admission.refused',
      reason: 'request_malformed',
      actor_sub: null,
      actor_issuer: null,
      envelope_id: null,
    }),
  ],
};

describe.each(ADAPTERS)('on %s', adapter => {
  let world: World;
  let door: DoorApp;
  let alice: string;
  let bob: string;

  beforeAll(async () => {
    world = await startWorld();
    door = await startDoor(world, { adapter });
    [alice, bob] = [world.userToken(), world.userToken({ sub: 'bob' })];
  });
  afterAll(() => Promise.all([door.close(), world.close()]));

  it.each<[string, () => Parameters<DoorApp['send']>]>([
    ['two Authorization headers', () => [[...bearer(alice), ...bearer(bob)]]],
    ['the same Authorization header twice', () => [[...bearer(alice), ...bearer(alice)]]],
    [
      'two Authorization headers of which one is no bearer token',
      () => [[...bearer(alice), 'authorization', 'Basic YTpi']],
    ],
    [
      'two Authorization headers of different case',
      () => [['AUTHORIZATION', `Bearer ${alice}`, 'authorization', `bearer ${bob}`]],
    ],
    ['two tokens in one header', () => [['Authorization', `Bearer ${alice}, Bearer ${bob}`]]],
    ['a token in the query', () => [[], { path: `/door?access_token=${alice}` }]],
    [
      'a token in the query besides the one in the header',
      () => [bearer(alice), { path: `/door?access_token=${bob}` }],
    ],
    [
      'a token in the query at the MCP route',
      () => [
        [...bearer(alice), 'Content-Type', 'application/json'],
        { path: `/mcp?access_token=${bob}`, method: 'POST', body: '{}' },
      ],
    ],
    ['a token in a form', () => [FORM, { method: 'POST', body: `access_token=${alice}` }]],
    [
      'a token in a form besides the one in the header',
      () => [[...bearer(alice), ...FORM], { method: 'POST', body: `access_token=${bob}` }],
    ],
    [
      'a form whose type has parameters',
      () => [
        [...bearer(alice), 'Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'],
        { method: 'POST', body: `access_token=${bob}` },
      ],
    ],
    [
      'a form whose type is in capitals',
      () => [
        [...bearer(alice), 'Content-Type', 'Application/X-WWW-Form-Urlencoded'],
        { method: 'POST', body: `access_token=${bob}` },
      ],
    ],
  ])('%s: 400, one record, nobody gets in', async (_what, request) => {
    expect(await door.send(...request())).toEqual(MALFORMED);
  });

  it('one credential in the one place where it belongs opens, whatever the case of its scheme', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect(await door.send(['Authorization', `${scheme} ${alice}`])).toMatchObject({ status: 200, opened: true });
    }
  });

  it('a field named access_token in a JSON body is data, not a credential', async () => {
    const answer = await door.send([...bearer(alice), 'Content-Type', 'application/json'], {
      method: 'POST',
      body: JSON.stringify({ access_token: bob }),
    });
    expect(answer).toMatchObject({
      status: 201,
      records: [
        { type: 'execution.intent', actor_sub: 'alice' },
        { type: 'execution.outcome', actor_sub: 'alice' },
      ],
    });
  });
});
