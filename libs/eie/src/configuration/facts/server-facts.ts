import { type AuditLog, FileAuditLog } from 'execution-identity';
import { type AuditOptions } from '../../options/audit.options.js';
import { type ServerOptions } from '../server-profile.js';
import { type Danger, dangersIn } from './dangers.js';
import { described, type Described, kindOf, plainUrl, sorted } from './described.js';
import { issuerFacts } from './issuer-facts.js';
import { type OwnState, ownState } from './own-state.js';
import { signalFacts } from './signal-facts.js';

/** How a server is configured, as data that everybody may read. */
export interface ServerFacts {
  readonly issuers: readonly Described[];
  readonly trust: Described;
  readonly signals: Described;
  readonly authorization: { readonly [option: string]: Described };
  readonly proofOfPossession: { readonly [option: string]: Described };
  readonly limits: { readonly [option: string]: Described };
  readonly audit: { readonly [option: string]: Described };
  readonly ports: { readonly [port: string]: Described };
  readonly signing: 'keys' | 'ephemeral' | 'none';
  /** `null` where nobody says so. */
  readonly instances: 'one' | 'many' | null;
  /** What another instance would not have. */
  readonly ownState: readonly OwnState[];
  readonly dangers: readonly Danger[];
}

/** The token of the facts, as a provider. */
export const SERVER_FACTS = Symbol('eie:server-facts');

/** Seconds and tokens: defaults. */
const [ENVELOPE, DEADLINE, MEMORY, TOKENS, KEY_AGE] = [300, 300, 60, 10_000, 86_400];

type Options = ServerOptions & Pick<Parameters<typeof ownState>[0], 'signing' | 'trust'>;

/** Reads the facts from options. Every part that may hold a secret is named here member by member. */
export function serverFacts(options: Options): ServerFacts {
  const { resource, issuers, authorization = {}, limits = {}, keys, signing, audit = {}, trust } = options;
  const { proofOfPossession, routes: _routes, signals, ...rights } = authorization;
  const { lifetime = MEMORY, capacity = TOKENS } = limits.tokenMemory ?? {};
  return {
    issuers: issuers.map(one => issuerFacts(one, resource)),
    trust: trustFacts(trust),
    signals: signalFacts(signals, issuers),
    authorization: { unregisteredAgents: 'allow', ...(described(rights) as Record<string, Described>) },
    proofOfPossession: {
      publicUrl: proofOfPossession?.publicUrl ?? null,
      nonces: (proofOfPossession?.nonces ?? false) !== false,
      clientCertificate: described(proofOfPossession?.clientCertificate),
    },
    limits: {
      envelopeLifetime: limits.envelopeLifetime ?? ENVELOPE,
      callDeadline: limits.callDeadline ?? DEADLINE,
      tokenMemory: { lifetime, capacity },
    },
    audit: auditFacts(audit),
    ports: portFacts(options.ports ?? {}),
    signing: keys ? (signing === 'ephemeral' ? 'ephemeral' : 'keys') : 'none',
    instances: options.ports?.instances ?? null,
    ownState: ownState(options),
    dangers: dangersIn(options),
  };
}

interface Sealer {
  readonly issuer: string;
  readonly jwksUri?: string;
  readonly maxKeyAge?: number;
  readonly presenters: unknown;
}

/** Of a receiver: whose Txn-Tokens it believes, without their keys. */
function trustFacts(trust: unknown): Described {
  if (typeof trust !== 'object' || trust === null) return null;
  const { trustDomain, singleUse = false, issuers } = trust as Record<string, unknown> & { issuers: Sealer[] };
  return {
    trustDomain: described(trustDomain),
    singleUse: described(singleUse),
    issuers: issuers.map(({ issuer, jwksUri, maxKeyAge = KEY_AGE, presenters }) => ({
      issuer,
      keys: jwksUri === undefined ? 'configured' : plainUrl(jwksUri),
      maxKeyAge,
      presenters: described(presenters),
    })),
  };
}

/** No path of this machine is in it. */
function auditFacts({ log, anchor, signer, exporters = [], ...audit }: AuditOptions): ServerFacts['audit'] {
  return {
    log: log ? kindOf(log) : 'FileAuditLog',
    // A log of the application does not say whether it is anchored, unless it is one of ours.
    anchored: log ? isAnchored(log) : anchor !== undefined,
    signer: log ? null : signer ? 'own' : 'in the folder of the log',
    durability: log ? null : (audit.durability ?? 'power-loss'),
    pseudonyms: log ? null : (audit.pseudonyms ?? false),
    keepFor: log ? null : (audit.keepFor ?? null),
    exporters: sorted(exporters.map(({ name }) => name)),
    namesRecords: audit.namesRecords ?? false,
  };
}

const isAnchored = (log: AuditLog): boolean | null =>
  log instanceof FileAuditLog ? !(log.assurance ?? '').includes('not anchored') : null;

/** Which ports are the application's own, by their classes. `dangerously…` stands among the dangers. */
function portFacts({
  telemetry,
  instances: _instances,
  delegatedTokens,
  ...ports
}: NonNullable<ServerOptions['ports']>): ServerFacts['ports'] {
  const { endUser = 'subject' } = telemetry ?? {};
  const own = Object.entries({ ...ports, delegatedTokens: delegatedTokens?.store }).flatMap(([name, port]) =>
    port === undefined || name.startsWith('dangerously')
      ? []
      : [[name, typeof port === 'function' ? 'function' : kindOf(port as object)] as const],
  );
  return { ...Object.fromEntries(own), endUser: typeof endUser === 'string' ? endUser : 'pseudonym' };
}
