import { EMPTY } from 'rxjs';
import { Edge } from './edge.js';

describe('the edge', () => {
  it('takes its rules once: other code that has the instance cannot make it leave credentials', () => {
    const edge = new Edge({ init$: EMPTY } as never);
    const rules = {
      isUnmanaged: () => false,
      audiences: () => [],
      tokenHeaders: [],
      onRefused: () => Promise.resolve(),
    };
    edge.open(rules);
    expect(() => edge.open({ ...rules, isUnmanaged: () => true })).toThrow('has its rules already');
  });
});
