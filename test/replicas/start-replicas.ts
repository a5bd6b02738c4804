import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, type JWK } from 'jose';
import { type AuthorizationServer } from '../../src/authorization-server/authorization-server.js';
import { newKeyPair } from '../../src/authorization-server/key-pair.js';
import { freePorts } from '../../src/shop/ports.js';
import { AGENT_IN_TOKEN } from '../../src/shop/registrations.js';
import { anchorOf, auditOptions, origin, resource, SCOPES, type Settings } from '../../src/shop/settings.js';
import { type Arrival, type ObservedApplication } from '../isolation/seen.js';
import { AuditTail } from '../isolation/shop/audit-tail.js';
import { namesOf, shopUsers } from '../isolation/shop/shop-users.js';
import { startSurroundings } from '../isolation/shop/surroundings.js';
import { type User } from '../isolation/users.js';
import { startBalancer } from './balancer.js';
import { Instance } from './instance.js';
import { type StoreServer } from './store.js';

export interface Replicas extends ObservedApplication {
  readonly instances: readonly Instance[];
  /** Of the authorization server. */
  readonly issuer: string;
  /** Every name that the authorization server knows. */
  readonly subs: readonly string[];
  readonly users: readonly User[];
  /** Every token that the authorization server has issued. */
  readonly issued: readonly string[];
  token(sub: string, claims?: Record<string, unknown>): string;
  close(): Promise<void>;
}

const NAMES = ['one', 'two', 'three'];

/** Three processes of the shop's MCP server over one store, a balancer in front of them, and around them all else, in this process. */
export async function startReplicas(store: Pick<StoreServer, 'kind' | 'url'>, users: number): Promise<Replicas> {
  const auditFolder = await mkdtemp(join(tmpdir(), 'replicas-'));
  await mkdir(anchorOf({ auditFolder }), { recursive: true });
  const [client, sealing] = await Promise.all([keyPair('client'), keyPair('sealing')]);
  const settings: Settings = { ports: await freePorts(), auditFolder, mcpClientKey: client.publicJwk };
  const privateKeys = { client: client.privateJwk, sealing: sealing.privateJwk };
  const arrivals: Arrival[] = [];
  const issued: string[] = [];
  const { server, parts } = await startSurroundings(
    settings,
    users,
    arrival => arrivals.push(arrival),
    token => issued.push(token),
  );
  const ports = Object.values(await freePorts()).slice(0, NAMES.length);
  const secret = randomBytes(32).toString('hex');
  const instances = await Promise.all(
    NAMES.map((name, i) =>
      Instance.start({
        settings: { ...settings, privateKeys },
        name,
        port: ports[i]!,
        secret,
        store: { kind: store.kind, url: store.url },
      }),
    ),
  );
  const balancer = await startBalancer(settings.ports['mcp-server'], ports);
  const folders = [
    ...NAMES,
    ...(['orders-api', 'billing-api', 'delivery-server'] as const).map(part => auditOptions(settings, part).instance),
  ];
  const tails = folders.map(name => new AuditTail(join(auditFolder, name)));
  return {
    url: origin(settings, 'mcp-server'),
    mcpPath: '/mcp',
    instances,
    issuer: origin(settings, 'authorization-server'),
    subs: namesOf(users),
    users: shopUsers(Math.min(users, 200), server, resource(settings, 'mcp-server')),
    issued,
    token: tokensOf(server, settings),
    arrivals: () => arrivals.splice(0),
    records: async () => (await Promise.all(tails.map(tail => tail.next()))).flat(),
    async close() {
      for (const instance of instances) instance.stop();
      balancer.close();
      await Promise.all([...parts, server].map(part => part.close()));
      await rm(auditFolder, { recursive: true, force: true });
    },
  };
}

const tokensOf =
  (server: AuthorizationServer, settings: Settings): Replicas['token'] =>
  (sub, claims = {}) =>
    server.mintUserToken({
      sub,
      clientId: AGENT_IN_TOKEN,
      resource: resource(settings, 'mcp-server'),
      scope: SCOPES.join(' '),
      claims,
    });

async function keyPair(kid: string): Promise<{ publicJwk: JWK; privateJwk: JWK }> {
  const { publicKey, privateKey } = newKeyPair();
  const named = { kid, alg: 'ES256', use: 'sig' };
  return {
    publicJwk: { ...(await exportJWK(publicKey)), ...named },
    privateJwk: { ...(await exportJWK(privateKey)), ...named },
  };
}
