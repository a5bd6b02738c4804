import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, type JWK } from 'jose';
import { newKeyPair } from '../../../src/authorization-server/key-pair.js';
import { freePorts } from '../../../src/shop/ports.js';
import { anchorOf, auditOptions, origin, type PartName, resource, type Settings } from '../../../src/shop/settings.js';
import { type Arrival, type ObservedApplication } from '../seen.js';
import { type User } from '../users.js';
import { type ApplicationProcess } from './application.js';
import { AuditTail } from './audit-tail.js';
import { shopUsers } from './shop-users.js';
import { startSurroundings } from './surroundings.js';

export interface ObservedShop extends ObservedApplication {
  readonly users: readonly User[];
  /** Of all but the application: its process may serve another shop. */
  close(): Promise<void>;
}

interface ShopSetup {
  readonly users: number;
  readonly application: ApplicationProcess;
  /** The file of a bug, which the application has then. */
  readonly bug?: string | undefined;
}

const AUDITED: PartName[] = ['mcp-server', 'orders-api', 'billing-api', 'delivery-server'];

/** The shop with this many users: its MCP server in that process, and around it all else, in this one. */
export async function startShop({ users, application, bug }: ShopSetup): Promise<ObservedShop> {
  const auditFolder = await mkdtemp(join(tmpdir(), 'isolation-'));
  await mkdir(anchorOf({ auditFolder }), { recursive: true });
  const [client, sealing] = await Promise.all([keyPair('client'), keyPair('sealing')]);
  const settings: Settings = { ports: await freePorts(), auditFolder, mcpClientKey: client.publicJwk };
  const arrivals: Arrival[] = [];
  const { server, parts } = await startSurroundings(settings, users, arrival => arrivals.push(arrival));
  const tails = AUDITED.map(part => {
    const { directory, instance } = auditOptions(settings, part);
    return new AuditTail(join(directory, instance));
  });
  const close = async () => {
    await application.stop();
    await Promise.all([...parts, server].map(part => part.close()));
    await rm(auditFolder, { recursive: true, force: true });
  };
  try {
    const privateKeys = { client: client.privateJwk, sealing: sealing.privateJwk };
    await application.serve({ ...settings, privateKeys }, bug);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url: origin(settings, 'mcp-server'),
    mcpPath: '/mcp',
    users: shopUsers(users, server, resource(settings, 'mcp-server')),
    arrivals: () => arrivals.splice(0),
    records: async () => (await Promise.all(tails.map(tail => tail.next()))).flat(),
    close,
  };
}

async function keyPair(kid: string): Promise<{ publicJwk: JWK; privateJwk: JWK }> {
  const { publicKey, privateKey } = newKeyPair();
  const named = { kid, alg: 'ES256', use: 'sig' };
  return {
    publicJwk: { ...(await exportJWK(publicKey)), ...named },
    privateJwk: { ...(await exportJWK(privateKey)), ...named },
  };
}
