import { Delegated, DelegatesTo } from '../delegation/delegated.decorator.js';
import { declaredTargets } from './declared-targets.js';

@DelegatesTo('of_base')
class Base {
  @DelegatesTo('of_method')
  inherited() {}

  replaced(@Delegated('of_replaced') _fetch: unknown) {}
}

@DelegatesTo('of_derived', 'of_base')
class Derived extends Base {
  override replaced(@Delegated('of_replacing') _fetch: unknown) {}
}

class Silent extends Base {
  override replaced() {}
}

class Plain extends Base {}

const targetsOf = (type: typeof Base, method: 'inherited' | 'replaced') => declaredTargets(type, method).sort();

describe('the targets of a handler', () => {
  it('are those of its method and of every class above it, like its requirements', () => {
    expect(targetsOf(Base, 'inherited')).toEqual(['of_base', 'of_method']);
    expect(targetsOf(Derived, 'inherited')).toEqual(['of_base', 'of_derived', 'of_method']);
    expect(targetsOf(Plain, 'inherited')).toEqual(['of_base', 'of_method']);
  });

  it('are those of a method that it overrides, unless it declares its own', () => {
    expect(targetsOf(Derived, 'replaced')).toEqual(['of_base', 'of_derived', 'of_replacing']);
    expect(targetsOf(Silent as typeof Base, 'replaced')).toEqual(['of_base', 'of_replaced']);
    expect(targetsOf(Plain, 'replaced')).toEqual(['of_base', 'of_replaced']);
  });
});
