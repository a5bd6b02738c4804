import { jest } from '@jest/globals';
import { EieError } from '../errors.js';
import { type Diagnostic } from '../ports/diagnostics.js';
import { RefusalReport } from './refusal-report.js';

let lines: Diagnostic[];
let report: RefusalReport;

beforeEach(() => {
  jest.useFakeTimers();
  lines = [];
  report = new RefusalReport({ report: line => void lines.push(line) });
});
afterEach(() => void jest.useRealTimers());

const tell = (times: number, code: 'token_expired' | 'claim_missing', isIdentified = false): void => {
  for (let i = 0; i < times; i++) report.tell(new EieError(code), {}, isIdentified);
};

describe('the report of refusals', () => {
  it('tells of one error once, though several records name it', () => {
    const error = new EieError('target_failed');
    report.tell(error, { target: 'orders_api' }, true);
    report.tell(error, { handler: 'get_order' }, true);
    expect(lines).toHaveLength(1);
  });

  it('shows ten lines of a reason in a minute, and then says how many it has left out', () => {
    tell(1_000, 'token_expired');
    expect(lines).toHaveLength(10);
    jest.advanceTimersByTime(60_000);
    expect(lines.at(-1)).toEqual({ level: 'warn', message: expect.stringContaining('990 more refusals') });
    tell(1, 'token_expired');
    expect(lines).toHaveLength(12);
  });

  it('says at its end how many it has left out, and nothing after it', () => {
    tell(25, 'token_expired');
    tell(3, 'claim_missing');
    report.close();
    expect(lines.at(-1)).toEqual({ level: 'warn', message: expect.stringContaining('15 more refusals') });
    expect(lines).toHaveLength(14);
    jest.advanceTimersByTime(120_000);
    expect(lines).toHaveLength(14);
  });

  it('says nothing of what it left out when it left out nothing', () => {
    tell(10, 'token_expired');
    jest.advanceTimersByTime(120_000);
    expect(lines).toHaveLength(10);
  });

  it('says of failures that no record has that the audit log has none of them', () => {
    for (let i = 0; i < 12; i++) report.tell(new EieError('revocation_invalid'), {}, false, false);
    report.close();
    expect(lines.at(-1)!.message).toBe(
      'revocation_invalid where nobody is identified: 2 more refusals within a minute are not shown here. No record has them.',
    );
  });

  it('shows other reasons, and the refusals of identified callers, beside a flood of anonymous ones', () => {
    tell(1_000, 'token_expired');
    tell(1, 'claim_missing');
    tell(1, 'token_expired', true);
    expect(lines).toHaveLength(12);
  });
});
