// Appends to the audit log of the folder it is given, 64 records at a time, and prints the number and id of each that was acknowledged.
import { randomUUID } from 'node:crypto';
import { FileAuditLog } from 'execution-identity';

const IN_FLIGHT = 64;
const log = new FileAuditLog({ directory: process.argv[2], instance: 'killed', segmentSize: 4 * 1024 * 1024 });

const event = (type, intentId = null) => ({
  v: 1,
  id: randomUUID(),
  time: new Date().toISOString(),
  type,
  service: 'crash',
  actor_issuer: 'https://login.shop.test',
  actor_sub: 'alice',
  actor_type: 'user',
  agent_id: 'desk',
  handler: 'write',
  outcome: type.endsWith('.intent') ? 'started' : 'ok',
  intent_id: intentId,
});

async function append(one) {
  const { seq } = await log.append(one);
  process.stdout.write(`${seq} ${one.id}\n`);
}

async function work() {
  for (;;) {
    const intent = event('execution.intent');
    await append(intent);
    await append(event('execution.outcome', intent.id));
  }
}

await log.open();
await Promise.all(Array.from({ length: IN_FLIGHT }, work));
