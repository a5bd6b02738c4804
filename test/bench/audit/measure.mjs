import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

/** A record of the usual length: about 900 bytes. */
export const eventOf = () => ({
  v: 1,
  id: randomUUID(),
  time: '2026-11-27T12:00:00.000Z',
  type: 'mcp.request',
  service: 'https://mcp.example.com/mcp',
  actor_issuer: 'https://login.example.com',
  actor_sub: '5f0e6d0c-4b1d-4a26-9c7a-2f7d0c6e9a11',
  actor_type: 'user',
  tenant: 'acme',
  agent_issuer: 'https://login.example.com',
  agent_id: 'agent-assistant',
  agent_chain: null,
  client_id: 'assistant',
  session_id: 's-7',
  delegation_mode: 'on_behalf_of',
  delegation_requested: null,
  delegation_effective: null,
  delegations: [{ target: 'orders_api', mode: 'on_behalf_of' }],
  delegations_unlisted: 0,
  handler: 'get_order_status',
  target: null,
  outcome: 'ok',
  reason: null,
  detail_code: null,
  trace_id: '0af7651916cd43dd8448eb211c80319c',
  envelope_id: '39214dad-c784-47a2-85b1-b1c1b8f34796',
  intent_id: null,
  duration_ms: 12.4,
  approval_id: null,
  started_by: null,
  posture_sha256: null,
});

/** @returns records a second, and the 99th percentile of the time from `append` to its answer, in milliseconds */
export async function measure(open, { inFlight, ms }) {
  const folder = await mkdtemp(join(tmpdir(), 'eie-bench-'));
  const contender = await open(folder);
  const times = [];
  let isRunning = true;
  const work = async () => {
    while (isRunning) {
      const started = performance.now();
      await contender.append(eventOf());
      times.push(performance.now() - started);
    }
  };
  try {
    const started = performance.now();
    const timer = setTimeout(() => (isRunning = false), ms);
    await Promise.all(Array.from({ length: inFlight }, work));
    clearTimeout(timer);
    const seconds = (performance.now() - started) / 1000;
    times.sort((one, other) => one - other);
    return { perSecond: times.length / seconds, p99Ms: times[Math.floor(times.length * 0.99)] };
  } finally {
    await contender.close();
    await rm(folder, { recursive: true, force: true });
  }
}

export const median = values => [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
