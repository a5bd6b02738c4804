/** Which scopes a scope implies, by the operator's word: `{ 'orders:write': ['orders:read'] }`. Implied ones imply on. */
export class ScopeHierarchy {
  constructor(private readonly implied: Readonly<Record<string, readonly string[]>> = {}) {}

  /** The scopes an identity holds, with all that they imply. What is delegated stays what its token says. */
  heldBy(scopes: readonly string[]): ReadonlySet<string> {
    const held = new Set(scopes);
    for (const scope of held) {
      if (!Object.hasOwn(this.implied, scope)) continue;
      for (const one of this.implied[scope]!) held.add(one);
    }
    return held;
  }
}
