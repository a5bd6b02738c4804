import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditEvent, FileAuditLog, recordsOf, argumentsDigest } from 'nestjs-eie';
import { schemaProblems, SCHEMA_MEMBERS } from '../support/audit-schema.js';

let directory: string;
const event = (changes: Partial<AuditEvent> = {}): AuditEvent =>
  ({
    ...Object.fromEntries(SCHEMA_MEMBERS.filter(name => name !== 'seq').map(name => [name, null])),
    v: 1,
    id: randomUUID(),
    time: '2026-11-27T12:00:00.000Z',
    type: 'execution.intent',
    service: 'https://mcp.shop.example/mcp',
    actor_sub: 'alice',
    outcome: 'started',
    ...changes,
  }) as AuditEvent;

describe('the published schema of a record', () => {
  beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'eie-schema-'))));
  afterEach(() => rm(directory, { recursive: true }));

  it('accepts every line that a log writes, about others and about itself', async () => {
    let log = new FileAuditLog({ directory, instance: 'log', pseudonyms: true });
    await log.append(event({ args_digest: argumentsDigest(Buffer.alloc(32), {}) }));
    await log.append(
      event({ actor_sub: null, type: 'admission.refused', outcome: 'refused', reason: 'token_expired' }),
    );
    await log.rotate();
    await log.append(
      event({ type: 'delegation.outcome', outcome: 'ok', delegation_mode: 'on_behalf_of', duration_ms: 1.5 }),
    );
    await log.close();
    log = new FileAuditLog({ directory, instance: 'log' });
    await log.open();
    await log.close();
    const types = new Set<string>();
    for await (const record of recordsOf(join(directory, 'log'))) {
      expect(schemaProblems(record)).toEqual([]);
      types.add(`${record.type} ${'outcome' in record ? record.outcome : ''}`);
    }
    expect([...types]).toEqual(
      expect.arrayContaining([
        'log.opened ',
        'log.segment ',
        'refusals.counted ',
        'log.closed ',
        'execution.outcome unknown',
      ]),
    );
  });

  it.each<[string, object]>([
    ['a member that it does not know', { token: 'secret' }],
    ['a type that it does not know', { type: 'tool.called' }],
    ['another version', { v: 2 }],
    ['a time of another form', { time: '2026-11-27 12:00' }],
    ['arguments instead of their digest', { args_digest: '{"order":"A-1"}' }],
    ['text of a provider as a reason', { reason: 'AADSTS65001: The user has not consented' }],
    ['a call with more than its target and mode', { delegations: [{ target: 'a', mode: 'on_behalf_of', token: 'x' }] }],
  ])('refuses %s', (_, changes) => {
    expect(schemaProblems({ seq: 1, ...event(), ...changes })).not.toEqual([]);
    expect(schemaProblems({ seq: 1, ...event() })).toEqual([]);
  });
});
