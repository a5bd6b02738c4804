import { randomUUID } from 'node:crypto';
import { type ApprovalStore, MemoryApprovalStore, type RequestedApproval } from 'nestjs-eie';
import { sharedPorts } from '../../replicas/shared-ports.js';
import { type StoreServer } from '../../replicas/store.js';
import { type Operation } from '../process/operation.js';

/** What an approval takes of the store: it is asked for, decided, and used up. */
export async function approving(
  name: string,
  store: Pick<StoreServer, 'kind' | 'url'>,
): Promise<Operation & { close(): Promise<unknown> }> {
  const { ports, close } = await sharedPorts(store, 'a secret of the benchmark, of 32 bytes');
  const { approvals = new MemoryApprovalStore() } = ports;
  return { name, run: () => approve(approvals), close };
}

async function approve(store: ApprovalStore): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const id = randomUUID();
  const asked: RequestedApproval = {
    id,
    binding: id,
    by: 'client',
    requester: { issuer: 'https://login.bench.test', sub: 'alice', client_id: 'assistant', agents: [] },
    server: 'https://mcp.shop.test/mcp',
    handler: 'refund',
    reason: 'Money leaves the shop.',
    shown: [{ field: 'amount', value: '20' }],
    requestedAt: now,
    expiresAt: now + 600,
  };
  await store.request(asked, now, ['acme', 'alice', 'assistant']);
  await store.decide(id, { approved: true, issuer: asked.requester.issuer, sub: 'alice', at: now }, now);
  if (!(await store.consume(id, id, now))) throw new Error('An approval was not there.');
}
