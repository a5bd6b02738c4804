import { type Bug } from '../bug.js';

export const bug: Bug = {
  name: 'records that name whoever came last',
  edits: [
    {
      file: 'audit/audit-recorder.ts',
      from: 'return auditEvent(this.service, detail, this.#timeOf(this.clock()));',
      to: "if (detail.type === 'execution.intent') this.came = detail.subject; return auditEvent(this.service, { ...detail, subject: this.came ?? detail.subject }, this.#timeOf(this.clock()));",
    },
  ],
};
