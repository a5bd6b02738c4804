import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import {
  type CallHeaders,
  DEFAULT_CLAIM_PATHS,
  EieError,
  type IssuerPolicy,
  type ReceiverPolicy,
  remoteKeys,
  staticKeys,
  verifyDelegatedCall,
  wireOf,
} from 'execution-identity';
import { startApp } from '../support/app.js';
import { Caller } from '../support/delegated-call.js';
import { sendRaw } from '../support/loopback.js';
import { ordersTarget } from '../support/orders.js';
import { MCP, ORDERS, SERVER_CLIENT, startWorld, TRUST_DOMAIN, type World } from '../support/world.js';

function policyOf(world: World): ReceiverPolicy {
  const issuer: IssuerPolicy = {
    issuer: world.issuer,
    keys: remoteKeys(world.jwksUri),
    algorithms: ['ES256'],
    audience: [ORDERS],
    toleratedAudiences: [],
    maxLifetime: 3600,
    claims: DEFAULT_CLAIM_PATHS,
    tenants: ['acme', 'globex'],
    user: { claim: 'sub_profile', values: ['user'] },
    // As an operator would who has misread it: nothing here checks a proof.
    acceptsDpop: true,
    agents: new Map(),
  };
  return {
    service: 'orders_api',
    issuers: new Map([[world.issuer, issuer]]),
    trust: { trustDomain: TRUST_DOMAIN, issuers: new Map([[MCP, staticKeys(world.sealing.jwks)]]) },
    presenters: [{ workload: MCP, issuer: world.issuer, clientId: SERVER_CLIENT }],
  };
}

type Answer = { status: number; body: object };
type Handler = (headers: CallHeaders) => Promise<Answer>;

/** What every service below does with the headers of a call. */
const handlerOf =
  (policy: ReceiverPolicy): Handler =>
  async headers => {
    try {
      const { actor, agent, authorization } = await verifyDelegatedCall(headers, policy);
      return { status: 200, body: { sub: actor.sub, agent: agent.id, scopes: authorization.scopes } };
    } catch (error) {
      if (!(error instanceof EieError)) throw error;
      return { status: wireOf(error.code).status, body: { code: error.code } };
    }
  };

const whatwg = (rawHeaders: string[]): Headers => {
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
  return headers;
};

/** One service on each framework, and one for each form of the headers. */
const SERVICES: Record<string, (handle: Handler) => Promise<Server>> = {
  'plain Node, by rawHeaders': async handle =>
    createServer((request, response) => {
      void handle(request.rawHeaders).then(({ status, body }) => response.writeHead(status).end(JSON.stringify(body)));
    }),
  'plain Node, by Headers': async handle =>
    createServer((request, response) => {
      void handle(whatwg(request.rawHeaders)).then(({ status, body }) =>
        response.writeHead(status).end(JSON.stringify(body)),
      );
    }),
  'Express, by rawHeaders': async handle => {
    const app = express().use(
      (request, response) =>
        void handle(request.rawHeaders).then(({ status, body }) => response.status(status).json(body)),
    );
    return createServer(app);
  },
  'Express, by headers': async handle => {
    const app = express().use(
      (request, response) =>
        void handle(request.headers).then(({ status, body }) => response.status(status).json(body)),
    );
    return createServer(app);
  },
  'Fastify, by rawHeaders': async handle => {
    const app = fastify().all('*', async (request, reply) => {
      const { status, body } = await handle(request.raw.rawHeaders);
      return reply.code(status).send(body);
    });
    await app.ready();
    return app.server;
  },
};

describe('verifyDelegatedCall', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.close());

  describe.each(Object.keys(SERVICES))('in %s', name => {
    let server: Server;
    let url: string;
    /** What the last call carried. */
    let authorization: string;
    let txnToken: string;

    beforeAll(async () => {
      server = await SERVICES[name]!(handlerOf(policyOf(world)));
      server.prependListener('request', ({ headers }) => {
        authorization = headers.authorization ?? '';
        txnToken = headers['txn-token'] as string;
      });
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(
      () =>
        new Promise<void>(resolve => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    );

    async function delegatedCall(): Promise<object> {
      const targets = { orders_api: ordersTarget(world, url) };
      const shop = await startApp(world, {
        controllers: [Caller],
        options: { targets, signing: { keys: world.sealing.keys } },
      });
      try {
        const token = world.userToken({ scope: 'orders:read orders:write' });
        return (await (
          await fetch(`${shop.url}/call`, { headers: { authorization: `Bearer ${token}` } })
        ).json()) as object;
      } finally {
        await shop.close();
      }
    }
    const present = async (...headers: string[]) => {
      const { status, body } = await sendRaw(url, { headers });
      return { status, ...(JSON.parse(body) as object) };
    };

    it('lets a delegated call in and says who acts', async () => {
      expect(await delegatedCall()).toEqual({
        sub: 'alice',
        agent: 'agent-desk-copilot',
        scopes: ['orders:read', 'orders:write'],
      });
    });

    it('demands both credentials, each once where the form of the headers shows it', async () => {
      await delegatedCall();
      const [access, txn] = [
        ['Authorization', authorization],
        ['Txn-Token', txnToken],
      ] as const;
      expect(await present(...access, ...txn)).toMatchObject({ status: 200 });
      expect(await present(...access)).toEqual({ status: 401, code: 'txn_token_missing' });
      expect(await present(...txn)).toEqual({ status: 401, code: 'credentials_missing' });
      expect(await present(...access, ...txn, ...txn)).toEqual({ status: 400, code: 'request_malformed' });
      const twice = await present(...access, ...access, ...txn);
      // Node keeps the first Authorization of two in `headers`: that form cannot tell, as its documentation says.
      expect(twice).toMatchObject(
        name.endsWith('by headers') ? { status: 200 } : { status: 400, code: 'request_malformed' },
      );
    });

    it('takes no token that is bound to a key, whatever the policy says of DPoP', async () => {
      await delegatedCall();
      const claims = JSON.parse(Buffer.from(authorization.split('.')[1]!, 'base64url').toString()) as object;
      const bound = world.sign({ ...claims, cnf: { jkt: 'a'.repeat(43) } }, { typ: 'at+jwt' });
      expect(await present('Authorization', `Bearer ${bound}`, 'Txn-Token', txnToken)).toEqual({
        status: 401,
        code: 'proof_of_possession_unsupported',
      });
    });
  });
});
