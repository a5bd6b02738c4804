import { handlerPolicy } from './policy-metadata.js';
import { Authenticated, RequireScopes } from './requirements.decorator.js';

@RequireScopes('base')
class Base {
  @RequireScopes('inherited')
  inherited() {}

  @RequireScopes('replaced')
  replaced() {}
}

@RequireScopes('derived')
class Derived extends Base {
  @Authenticated()
  override replaced() {}
}

class Plain extends Base {}

const scopesOf = (type: typeof Base, method: 'inherited' | 'replaced') => {
  const policy = handlerPolicy(type.prototype[method], type);
  return policy.kind === 'protected'
    ? policy.requirements.flatMap(one => ('scopes' in one ? one.scopes : [])).sort()
    : policy.kind;
};

describe('the policy of a handler', () => {
  it('keeps the requirements of every class above it, whatever a subclass adds', () => {
    expect(scopesOf(Base, 'inherited')).toEqual(['base', 'inherited']);
    expect(scopesOf(Derived, 'inherited')).toEqual(['base', 'derived', 'inherited']);
    expect(scopesOf(Plain, 'inherited')).toEqual(['base', 'inherited']);
  });

  it('is that of the method that runs: one that replaces another has its own requirements, and those of the classes', () => {
    expect(scopesOf(Derived, 'replaced')).toEqual(['base', 'derived']);
    expect(scopesOf(Plain, 'replaced')).toEqual(['base', 'replaced']);
  });
});
