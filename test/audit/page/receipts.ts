import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AuditEvent,
  type CheckpointAnchor,
  type CheckpointSigner,
  checkpointSigner,
  cosign,
  FileAuditLog,
  makeReceipt,
  verifierKeyText,
} from 'execution-identity';
import { newKeyPair } from '../../support/key-pair.js';

/** Text that would do something in a page that took it for more than text. */
export const HOSTILE = '</script><img src=x onerror="document.title=\'pwned\'">\u202eecila\u0007';

export interface Receipts {
  /** Of an act of alice's agent, by the log alone, and with the signature of a witness. */
  readonly own: string;
  readonly witnessed: string;
  readonly hostile: string;
  readonly refused: string;
  /** Of an agent that acts for another agent. */
  readonly ofChain: string;
  readonly logKey: string;
  readonly otherKey: string;
  readonly witness: string;
}

const event = (changes: Partial<AuditEvent>): AuditEvent =>
  ({
    v: 1,
    id: '9f1c2a5e-7f0d-4a53-9d6b-1f5a2f0c7e11',
    time: '2026-11-27T12:00:00.000Z',
    type: 'execution.outcome',
    service: 'https://mcp.shop.example/mcp',
    actor_issuer: 'https://login.shop.example',
    actor_sub: 'alice',
    actor_type: 'user',
    tenant: 'acme',
    agent_issuer: 'https://login.shop.example',
    agent_id: 'agent-assistant',
    client_id: 'assistant',
    handler: 'get_order_status',
    delegations: [{ target: 'orders_api', mode: 'on_behalf_of' }],
    outcome: 'ok',
    reason: null,
    intent_id: null,
    ...changes,
  }) as AuditEvent;

/** Real receipts of real logs. */
export async function makeReceipts(): Promise<Receipts> {
  const directory = await mkdtemp(join(tmpdir(), 'eie-receipts-'));
  const [signer, other, witness] = [0, 1, 2].map(() => checkpointSigner(newKeyPair('ed25519').privateKey)) as [
    CheckpointSigner,
    CheckpointSigner,
    CheckpointSigner,
  ];
  const anchor: CheckpointAnchor = {
    name: 'witness.example',
    publish: note => cosign(note, { name: 'witness.example/w1', signer: witness, time: 1_764_244_800 }),
  };
  const events = [
    event({}),
    event({ actor_sub: HOSTILE, handler: HOSTILE, reason: HOSTILE as AuditEvent['reason'] }),
    event({
      type: 'authorization.refused',
      outcome: 'refused',
      reason: 'insufficient_scope',
      delegations: null,
      handler: 'cancel_order',
    }),
    event({
      agent_id: 'router',
      agent_chain: ['router', 'planner'].map(id => ({ issuer: 'https://bots.example', id })),
    }),
  ];
  const origin = (): string => 'mcp.shop.example/audit';
  const write = async (instance: string, place?: CheckpointAnchor): Promise<string[]> => {
    const log = new FileAuditLog({ directory, instance, origin, signer, anchor: place });
    for (const one of events) await log.append(one);
    await log.close();
    return Promise.all([1, 2, 3, 4].map(seq => makeReceipt(join(directory, instance), seq)));
  };
  try {
    const [own, hostile, refused, ofChain] = await write('own');
    const [witnessed] = await write('witnessed', anchor);
    return {
      own: own!,
      hostile: hostile!,
      refused: refused!,
      ofChain: ofChain!,
      witnessed: witnessed!,
      logKey: await verifierKeyText(origin(), 'log', signer.publicKey),
      otherKey: await verifierKeyText(origin(), 'log', other.publicKey),
      witness: await verifierKeyText('witness.example/w1', 'witness', witness.publicKey),
    };
  } finally {
    await rm(directory, { recursive: true });
  }
}
