import { edit, type Fault } from './fault.js';

/** An act leaves no record, or costs another user theirs. The first is planted in the quick form too. */
export const RECORD_FAULTS: readonly Fault[] = [
  {
    promise: 5,
    cause: 'recording depends on the place of an interceptor',
    application: 'caching-interceptor',
    edits: [edit('execution/run-first.ts', 'moveToFront(config.getGlobalInterceptors(), interceptor);', '')],
  },
  {
    promise: 5,
    cause: 'a guard of the application runs first',
    application: 'first-in-line',
    edits: [edit('execution/run-first.ts', 'moveToFront(config.getGlobalGuards(), guard);', '')],
  },
  {
    promise: 5,
    cause: 'the guard leaves the intent to others',
    application: 'throttler',
    edits: [
      edit(
        'execution/eie.guard.ts',
        'issued.then(()=>this.log.begin(record)) : this.log.begin(record)',
        'issued : Promise.resolve()',
      ),
    ],
  },
  {
    promise: 5,
    cause: 'a record that cannot be written is forgotten',
    application: 'uploads',
    edits: [edit('audit/audit-recorder.ts', 'throw refusal;', '')],
  },
  {
    promise: 5,
    cause: 'the log trusts its handle',
    application: 'audit-log-on-disk',
    edits: [edit('audit/log/segment.ts', 'if (isAct) this.#assertOurs(this.written + bytes.length);', '')],
  },
  {
    promise: 5,
    cause: 'a refusal is not an act',
    application: 'terminus',
    edits: [edit('authorization/authorizer.ts', 'await this.audit.record({', 'await Promise.resolve({')],
  },
  {
    promise: 5,
    cause: 'bounds are shared by all principals',
    application: 'bound-tokens',
    edits: [
      edit(
        'ports/shares.ts',
        'allowed = this.limits[depth](allowed - (level.used - own.used));',
        'allowed = Math.max(own.used + 1, allowed);',
      ),
    ],
  },
];
