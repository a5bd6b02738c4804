import { once } from 'node:events';
import { createServer, type IncomingMessage, request as send } from 'node:http';
import { type AddressInfo } from 'node:net';
import { EieError } from 'execution-identity';
import { dropCredentials } from './drop-credentials.js';
import { leaveCredentials, refuseRequest, takeCredentials } from './take-credentials.js';
import { takenFrom } from './taken-credentials.js';

const TOKEN = 'header.payload.signature-of-a-token';
const code = (value: string) => expect.objectContaining({ code: value });

describe('a request at the edge', () => {
  const server = createServer();
  beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
  afterAll(() => void server.close());

  /** A request of Node's own making. */
  async function received(headers: string[]): Promise<IncomingMessage> {
    const arrival = once(server, 'request') as Promise<[IncomingMessage, { end(): void }]>;
    send({
      port: (server.address() as AddressInfo).port,
      headers: ['Host', 'mcp.test', ...headers, 'Connection', 'close'],
      agent: false,
    })
      .on('response', answer => answer.resume())
      .end();
    const [request, response] = await arrival;
    response.end();
    return request;
  }
  const kept = (request: IncomingMessage) => [
    request.rawHeaders,
    { ...request.headers },
    { ...request.headersDistinct },
  ];

  it('loses them in a view that another transport has made its own, too', async () => {
    const request = await received(['Authorization', `Bearer ${TOKEN}`]);
    const view: Record<string, string[]> = { host: ['mcp.test'], authorization: [`Bearer ${TOKEN}`] };
    Object.defineProperty(request, 'headersDistinct', { value: view });
    takeCredentials(request);
    expect(view).toEqual({ host: ['mcp.test'] });
  });

  it.each([false, true])(
    'loses its credentials and nothing else (headersDistinct read before: %s)',
    async isReadBefore => {
      const credentials = [
        'Authorization',
        `Bearer ${TOKEN}`,
        'AUTHORIZATION',
        'Bearer b',
        'DPoP',
        'p',
        'Txn-Token',
        't',
      ];
      const request = await received(['X-Keep', '1', ...credentials, 'Proxy-Authorization', 'q', 'X-Keep', '2']);
      const list = request.rawHeaders;
      if (isReadBefore) expect(request.headersDistinct.authorization).toHaveLength(2);
      takeCredentials(request);
      expect(kept(request)).toEqual([
        ['Host', 'mcp.test', 'X-Keep', '1', 'X-Keep', '2', 'Connection', 'close'],
        { host: 'mcp.test', 'x-keep': '1, 2', connection: 'close' },
        { host: ['mcp.test'], 'x-keep': ['1', '2'], connection: ['close'] },
      ]);
      // Other code may have kept it.
      expect(request.rawHeaders).toBe(list);
      expect(takenFrom(request)).toEqual([...credentials, 'Proxy-Authorization', 'q']);
    },
  );

  it('loses the same token in every other header, as gateways send it', async () => {
    const request = await received([
      'Authorization',
      `bearer ${TOKEN}`,
      'X-Forwarded-Access-Token',
      TOKEN,
      'X-Event',
      encodeURIComponent(JSON.stringify({ headers: { authorization: `Bearer ${TOKEN}` } })),
    ]);
    takeCredentials(request);
    expect(JSON.stringify(kept(request))).not.toContain(TOKEN);
    expect(request.rawHeaders).toEqual(['Host', 'mcp.test', 'Connection', 'close']);
  });

  it.each([[['Authorization', 'Basic dXNlcjpzZWNyZXQ=']], [['Authorization', 'Bearerish x']], [['X-Api-Key', 'k']]])(
    'keeps %j, which the boundary does not read',
    async headers => {
      const request = await received(headers);
      takeCredentials(request);
      expect(request.rawHeaders).toEqual(expect.arrayContaining(headers));
      expect(takenFrom(request)).toEqual([]);
    },
  );

  it('is read from its headers where a transport fills those alone', () => {
    const headers = { host: 'mcp.test', authorization: `Bearer ${TOKEN}`, 'content-length': 0 };
    const request = { headers } as unknown as IncomingMessage;
    takeCredentials(request);
    expect(takenFrom(request)).toEqual(['authorization', `Bearer ${TOKEN}`]);
    expect(request.headers).toEqual({ host: 'mcp.test', 'content-length': 0 });
  });

  it('is read where a transport makes its raw headers of numbers', () => {
    const request = {
      rawHeaders: ['content-length', 17, 'authorization', `Bearer ${TOKEN}`, 'x-copy', TOKEN],
      headers: { 'content-length': 17, authorization: `Bearer ${TOKEN}`, 'x-copy': TOKEN },
      headersDistinct: {},
    } as unknown as IncomingMessage;
    takeCredentials(request);
    expect(takenFrom(request)).toEqual(['authorization', `Bearer ${TOKEN}`, 'x-copy', TOKEN]);
    expect(request.headers).toEqual({ 'content-length': 17 });
    expect(request.rawHeaders).toEqual(['content-length', 17]);
  });

  it('is taken once: what is written into it later is never a credential', async () => {
    const request = await received(['Authorization', `Bearer ${TOKEN}`]);
    takeCredentials(request);
    request.headers.authorization = 'Bearer of-somebody-else';
    request.rawHeaders.push('Authorization', 'Bearer of-somebody-else');
    takeCredentials(request);
    expect(takenFrom(request)).toEqual(['Authorization', `Bearer ${TOKEN}`]);
    dropCredentials(request);
    expect(takenFrom(request)).toEqual([]);
  });

  it('has no copy in an event that a middleware has put there, once its credentials are dropped', async () => {
    const request = await received(['Authorization', `Bearer ${TOKEN}`]);
    takeCredentials(request);
    const event = { headers: { authorization: `Bearer ${TOKEN}`, accept: '*/*' } };
    Reflect.set(request, 'apiGateway', { event });
    dropCredentials(request);
    expect(event.headers).toEqual({ authorization: '', accept: '*/*' });
  });

  it('is refused when the edge has not seen it, or has left it to an application that Nest does not know', async () => {
    const request = await received([]);
    expect(() => takenFrom(request)).toThrow(code('edge_bypassed'));
    leaveCredentials(request, []);
    takeCredentials(request);
    expect(() => takenFrom(request)).toThrow(code('edge_bypassed'));
  });

  it.each<[string, (request: IncomingMessage) => unknown]>([
    ['headers that are frozen', request => Object.freeze(request.headers)],
    ['a list of lines that is frozen', request => Object.freeze(request.rawHeaders)],
    [
      'a view that answers with the token each time',
      request =>
        Object.defineProperty(request, 'headersDistinct', {
          get: () => ({ authorization: [`Bearer ${TOKEN}`] }),
          configurable: true,
        }),
    ],
    [
      'headers that cannot be read',
      request =>
        Object.defineProperty(request, 'headers', {
          get() {
            throw new Error('unreadable');
          },
          configurable: true,
        }),
    ],
  ])('with %s cannot be taken, and then loses everything', async (_what, change) => {
    const request = await received(['Authorization', `Bearer ${TOKEN}`]);
    change(request);
    expect(() => takeCredentials(request)).toThrow();
    refuseRequest(request, new EieError('edge_failed'));
    expect(kept(request)).toEqual([[], { host: '' }, {}]);
    expect(() => takenFrom(request)).toThrow(code('edge_failed'));
    expect(() => takeCredentials(request)).toThrow(code('edge_failed'));
  });
});
