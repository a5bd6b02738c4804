import { expectTypeOf } from 'expect-type';
import {
  type AuditEvent,
  type AuditEventType,
  AuditLog,
  type AuditReason,
  EieError,
  type EieErrorCode,
} from 'nestjs-eie';
import { type Wire, wireOf } from 'execution-identity';

// The reasons are a closed union: a text is none, and a switch over them can be complete.
expectTypeOf<string>().not.toExtend<EieErrorCode>();
expectTypeOf<EieErrorCode>().toExtend<string>();
expectTypeOf<'token_expired'>().toExtend<EieErrorCode>();
expectTypeOf<'insufficient_scope'>().toExtend<EieErrorCode>();
expectTypeOf<'credential_mismatch'>().toExtend<EieErrorCode>();
// @ts-expect-error -- no reason of the union
new EieError('token_stolen');
expectTypeOf(new EieError('token_expired').code).toEqualTypeOf<EieErrorCode>();
// What it says besides is named, and nothing else can be said.
new EieError('insufficient_scope', { scopes: ['orders:read'] });
expectTypeOf(new EieError('target_failed', { targetStatus: 403 }).targetStatus).toEqualTypeOf<number | undefined>();
// @ts-expect-error -- no list by itself
new EieError('insufficient_scope', ['orders:read']);
// @ts-expect-error -- an error never carries what a target wrote
new EieError('target_failed', { body: '{}' });
// @ts-expect-error -- a code is read-only
new EieError('token_expired').code = 'token_malformed';
expectTypeOf(wireOf).parameters.toEqualTypeOf<[EieErrorCode]>();
expectTypeOf(wireOf).returns.toEqualTypeOf<Wire>();
expectTypeOf<Wire['status']>().toExtend<number>();
expectTypeOf<number>().not.toExtend<Wire['status']>();

// Before verification there is no identity on the audit log, so whoever reads it has to think of `null`.
expectTypeOf<AuditEvent['actor_sub']>().toEqualTypeOf<string | null>();
expectTypeOf<AuditEvent['agent_id']>().toEqualTypeOf<string | null>();
expectTypeOf<AuditEventType>().toExtend<`${string}.${string}`>();
expectTypeOf<string>().not.toExtend<AuditEventType>();
expectTypeOf<EieErrorCode>().toExtend<AuditReason>();
expectTypeOf<'http_503'>().toExtend<AuditReason>();
expectTypeOf<'because'>().not.toExtend<AuditReason>();

// A log of one's own writes each event, and says when it is done.
export class OwnLog extends AuditLog {
  async append(event: AuditEvent): Promise<void> {
    expectTypeOf(event.type).toEqualTypeOf<AuditEventType>();
  }
}
// @ts-expect-error -- it does not write
export class EmptyLog extends AuditLog {}
