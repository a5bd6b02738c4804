import { type RequestedApproval } from './approval-store.js';
import { approvalStoreConformance } from './conformance/approval-store.conformance.js';
import { MemoryApprovalStore } from './memory-approval-store.js';

const asked = (id: string, expiresAt = 700): RequestedApproval => ({
  id,
  binding: id,
  by: 'client',
  requester: { issuer: 'https://as.test', sub: 'alice', client_id: 'desk', agents: [] },
  server: 'https://mcp.shop.test/mcp',
  handler: 'refund',
  reason: 'Money leaves the shop.',
  shown: [],
  requestedAt: 100,
  expiresAt,
});

describe('MemoryApprovalStore', () => {
  const create = async () => {
    const store = new MemoryApprovalStore();
    return { one: store, other: store };
  };
  it.each(approvalStoreConformance(create))('conforms: $name', ({ run }) => run());

  it('takes no more from a holder at its limit, and still takes from others', async () => {
    const store = new MemoryApprovalStore(400);
    const alice = ['acme', 'alice', 'alice at desk'];
    let kept = 0;
    while ((await store.request(asked(`alice ${kept}`), 100, alice)) !== 'full') kept++;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(50);
    expect(await store.request(asked('bob'), 100, ['acme', 'bob', 'bob at desk'])).toMatchObject({ id: 'bob' });
  });

  it('gives the room back of what was consumed, and of what has expired, denied or not', async () => {
    const store = new MemoryApprovalStore(2);
    const yes = { approved: true, issuer: 'https://as.test', sub: 'alice', at: 100 };
    await store.request(asked('consumed'), 100);
    await store.request(asked('denied', 200), 100);
    expect(await store.request(asked('one too many'), 100)).toBe('full');
    await store.decide('consumed', yes, 100);
    await store.decide('denied', { ...yes, approved: false }, 100);
    await store.consume('consumed', 'consumed', 100);
    expect(await store.request(asked('next'), 100)).toMatchObject({ id: 'next' });
    expect(await store.request(asked('still one too many'), 199)).toBe('full');
    expect(await store.request(asked('another'), 210)).toMatchObject({ id: 'another' });
  });
});
