/**
 * Which scopes a scope implies, as the operator configured it. The relation is transitive.
 *
 * @example new ScopeHierarchy({ 'orders:write': ['orders:read'] }).heldBy(['orders:write']) // both scopes
 */
export class ScopeHierarchy {
  readonly #isFlat: boolean;

  constructor(private readonly implied: Readonly<Record<string, readonly string[]>> = {}) {
    this.#isFlat = Object.keys(implied).length === 0;
  }

  /** Whether one of these scopes is, or implies, another one. */
  holds(scopes: readonly string[], scope: string): boolean {
    return this.#isFlat ? scopes.includes(scope) : this.heldBy(scopes).has(scope);
  }

  /** The scopes of an identity with all that they imply. Delegation does NOT use it: it takes the scopes of the identity alone. */
  heldBy(scopes: readonly string[]): ReadonlySet<string> {
    const held = new Set(scopes);
    for (const scope of held) {
      if (!Object.hasOwn(this.implied, scope)) continue;
      for (const one of this.implied[scope]!) held.add(one);
    }
    return held;
  }

  /**
   * What both lists allow: a scope of the first that the second allows, else those that it implies and the second allows.
   *
   * @example new ScopeHierarchy({ write: ['read'] }).meet(['write'], ['read']) // ['read']
   */
  meet(scopes: readonly string[], ceiling: readonly string[]): string[] {
    const allowed = this.heldBy(ceiling);
    const met = scopes.flatMap(scope =>
      allowed.has(scope) ? scope : [...this.heldBy([scope])].filter(implied => allowed.has(implied)),
    );
    return [...new Set(met)];
  }
}
