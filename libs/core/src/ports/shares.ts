/**
 * Whose something is, from the widest to the narrowest: the tenant, the user in it, the client through which the user calls. Each part is
 * unique within the one before it.
 */
export type ShareHolder = readonly string[];

/** What one holder may have in a pool, of what the others of its level leave. One for each level. */
type Limit = (available: number) => number;

interface Level {
  used: number;
  readonly parts: Map<string, Level>;
}

/** Levels that nobody holds anything of, to be used again: each call of a user needs some. */
const MAX_SPARE = 1_000;
const spare: Level[] = [];

/** A tenant gets at most four fifths, a user a quarter of what the tenant may have, and a client a quarter of what the user may have. */
const COMMON: readonly Limit[] = [available => available * 0.8, available => available / 4, available => available / 4];
/** How many users the reserve has room for, each with the same small part. */
const USERS = 20_000;

/**
 * Shares a bounded total between tenants, in each tenant between users, and in each user between clients.
 *
 * One half is common: a holder may have a part of what the others leave, so whoever takes all that it can get leaves room for the next one.
 * The other half is a reserve: when the common half is used up, each user gets a small part of it, and no user more. So neither a
 * principal, nor one that multiplies its clients, nor thousands of them can use up the share of another: a single client gets a fortieth of
 * all, and 10,000 users of one tenant at their limit leave room for one more, where the total is 26,000 or more.
 *
 * It takes and gives in constant time, and remembers nobody who has nothing.
 *
 * @example const streams = new Shares(40_000); if (!streams.lease(holder)) throw new EieError('limit_reached');
 */
export class Shares {
  readonly #pools: readonly Pool[];

  /** @param capacity default: enough for 10,000 users at their limit. A single client then gets 651 */
  constructor(capacity = 26_000) {
    const common = Math.ceil(capacity / 2);
    const reserve = capacity - common;
    const most: Limit = () => Math.max(1, Math.floor(reserve / USERS));
    this.#pools = [new Pool(common, COMMON), new Pool(reserve, [COMMON[0]!, most, most])];
  }

  /** Takes one. @returns what gives it back, once; `undefined` when the holder is at its limit */
  lease(holder: ShareHolder): (() => void) | undefined {
    for (const pool of this.#pools) if (pool.take(holder)) return givesBack(pool, holder);
    return undefined;
  }
}

function givesBack(pool: Pool, holder: ShareHolder): () => void {
  let isHeld = true;
  return () => {
    if (isHeld) pool.give(holder);
    isHeld = false;
  };
}

class Pool {
  readonly #root: Level = { used: 0, parts: new Map() };

  constructor(
    private readonly capacity: number,
    private readonly limits: readonly Limit[],
  ) {}

  take(holder: ShareHolder): boolean {
    if (!this.#mayTake(holder)) return false;
    let level = this.#root;
    level.used++;
    for (const part of holder) {
      let next = level.parts.get(part);
      if (!next) {
        next = spare.pop() ?? { used: 0, parts: new Map<string, Level>() };
        level.parts.set(part, next);
      }
      level = next;
      level.used++;
    }
    return true;
  }

  give(holder: ShareHolder): void {
    this.#root.used--;
    giveBack(this.#root, holder, 0);
  }

  #mayTake(holder: ShareHolder): boolean {
    let allowed = this.capacity;
    let level: Level | undefined = this.#root;
    if (level.used >= allowed) return false;
    for (let depth = 0; depth < holder.length; depth++) {
      const own: Level | undefined = level?.parts.get(holder[depth]!);
      const used = own?.used ?? 0;
      allowed = this.limits[depth]!(allowed - ((level?.used ?? 0) - used));
      if (used >= allowed) return false;
      level = own;
    }
    return true;
  }
}

/** From the narrowest part up: a level that is given back has no parts. */
function giveBack(level: Level, holder: ShareHolder, depth: number): void {
  const part = holder[depth];
  if (part === undefined) return;
  const next = level.parts.get(part)!;
  next.used--;
  giveBack(next, holder, depth + 1);
  if (next.used) return;
  level.parts.delete(part);
  if (spare.length < MAX_SPARE) spare.push(next);
}
