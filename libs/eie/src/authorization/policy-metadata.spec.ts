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

class Silent extends Base {
  override replaced() {}
}

/** A decorator that puts another function in the place of the method, and copies nothing. */
const Wrapped = (): MethodDecorator => (_target, _method, descriptor) => {
  const { value } = descriptor as unknown as { value: () => unknown };
  (descriptor as { value: unknown }).value = () => value();
};

class Wrapping extends Base {
  @Wrapped()
  @RequireScopes('before')
  override inherited() {}

  @RequireScopes('after')
  @Wrapped()
  override replaced() {}
}

class Plain extends Base {}

const scopesOf = (type: typeof Base, method: 'inherited' | 'replaced') => {
  const policy = handlerPolicy(type, method);
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

  it('is that of the method it overrides, until it has requirements of its own; those of the classes always count', () => {
    expect(scopesOf(Silent, 'replaced')).toEqual(['base', 'replaced']);
    expect(scopesOf(Derived, 'replaced')).toEqual(['base', 'derived']);
    expect(scopesOf(Plain, 'replaced')).toEqual(['base', 'replaced']);
  });

  it('is not lost by a decorator that wraps the method, on either side of it', () => {
    expect(scopesOf(Wrapping, 'inherited')).toEqual(['base', 'before']);
    expect(scopesOf(Wrapping, 'replaced')).toEqual(['after', 'base']);
  });
});
