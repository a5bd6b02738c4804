import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { logs } from '@opentelemetry/api-logs';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { type AuditEvent, FileAuditLog, LoggerAuditExporter, OtelLogsAuditExporter } from 'nestjs-eie';

const event = (changes: Partial<AuditEvent>): AuditEvent =>
  ({
    v: 1,
    id: '9f1c2a5e-7f0d-4a53-9d6b-1f5a2f0c7e11',
    time: '2026-11-27T12:00:00.000Z',
    type: 'delegation.outcome',
    service: 'shop',
    actor_sub: 'alice',
    agent_id: 'desk',
    delegation_mode: 'on_behalf_of',
    delegations: null,
    outcome: 'ok',
    intent_id: null,
    duration_ms: 4.5,
    ...changes,
  }) as AuditEvent;

/** Ends a line for some programs, turns it around, and moves the cursor of a terminal. */
const UNSHOWABLE = 'mallory\u2028\u0085\u202e\u009b2K';

describe('the exporters of this package', () => {
  let directory: string;
  beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'eie-exporters-'))));
  afterEach(async () => {
    logs.disable();
    Logger.overrideLogger(false);
    await rm(directory, { recursive: true });
  });

  it('give each record to the Nest logger as one line of JSON, which no subject can end or turn around', async () => {
    const lines: string[] = [];
    Logger.overrideLogger({
      log: (message: string, context: string) => void (context === 'Audit' && lines.push(message)),
      warn: () => undefined,
      error: () => undefined,
    });
    const log = new FileAuditLog({ directory, exporters: [new LoggerAuditExporter()] });
    await log.append(event({}));
    await log.append(event({ actor_sub: UNSHOWABLE }));
    await log.close();
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
    expect(lines.map(line => JSON.parse(line) as AuditEvent)).toMatchObject([
      { type: 'log.opened' },
      { seq: 1, actor_sub: 'alice', delegation_mode: 'on_behalf_of' },
      { seq: 2, actor_sub: UNSHOWABLE },
      { type: 'log.closed' },
    ]);
  });

  it('give each record to OpenTelemetry, with who acted and in which mode as attributes, and nothing that is not known', async () => {
    const memory = new InMemoryLogRecordExporter();
    logs.setGlobalLoggerProvider(
      new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: memory })] }),
    );
    const log = new FileAuditLog({ directory, exporters: [new OtelLogsAuditExporter()] });
    await log.append(event({}));
    await log.append(event({ outcome: 'refused', type: 'delegation.refused' }));
    await log.close();
    const exported = memory.getFinishedLogRecords();
    expect(exported.map(({ eventName, severityText }) => [eventName, severityText])).toEqual([
      ['audit.log.opened', 'INFO'],
      ['audit.delegation.outcome', 'INFO'],
      ['audit.delegation.refused', 'WARN'],
      ['audit.log.closed', 'INFO'],
    ]);
    expect(exported[1]!.attributes).toEqual({
      'eie.seq': 1,
      'eie.v': 1,
      'eie.id': '9f1c2a5e-7f0d-4a53-9d6b-1f5a2f0c7e11',
      'eie.time': '2026-11-27T12:00:00.000Z',
      'eie.type': 'delegation.outcome',
      'eie.service': 'shop',
      'eie.actor_sub': 'alice',
      'eie.agent_id': 'desk',
      'eie.delegation_mode': 'on_behalf_of',
      'eie.outcome': 'ok',
      'eie.duration_ms': 4.5,
    });
  });
});
