import { RecentFailures } from './recent-failures.js';

describe('what fails', () => {
  const failed = (times: number): RecentFailures => {
    const failures = new RecentFailures();
    for (let i = 0; i < times; i++) failures.failed(1_000);
    return failures;
  };

  it('is up before anybody has used it', () => {
    expect(new RecentFailures().state(0)).toBe('up');
  });

  it('is degraded after a failure, and down after five in a row', () => {
    expect([1, 4, 5, 6].map(times => failed(times).state(1_000))).toEqual(['degraded', 'degraded', 'down', 'down']);
  });

  it('is up again with its first success', () => {
    const failures = failed(5);
    failures.succeeded();
    expect(failures.state(1_000)).toBe('up');
    failures.failed(1_000);
    expect(failures.state(1_000)).toBe('degraded');
  });

  it('is up again ten seconds after its last failure, so that a server without calls gets some, and down at the next failure', () => {
    const failures = failed(5);
    expect([10_999, 11_000].map(now => failures.state(now))).toEqual(['down', 'up']);
    failures.failed(20_000);
    expect(failures.state(20_000)).toBe('down');
  });
});
