import { EieConfigurationError } from '../errors.js';

/**
 * Whose something is, from the widest to the narrowest: the tenant, the user in it, the client through which the user calls. Each part is
 * unique within the one before it.
 */
export type ShareHolder = readonly string[];

/** What one holder may have in a pool, of what the others of its level leave. One for each level. */
type Limit = (available: number) => number;

/** What one holder has. It stays for a while when it has nothing: the next call of a user needs it again. */
class Level {
  used = 0;
  isKnown = false;
  parts: Map<string, Level> | undefined;

  constructor(
    readonly above?: Level,
    readonly name = '',
  ) {}
}

/** Levels that are kept beyond twice those that somebody holds something of. */
const MAX_SPARE = 10_000;

/** A tenant gets at most four fifths, a user a quarter of what the tenant may have, and a client a quarter of what the user may have. */
const COMMON: readonly Limit[] = [available => available * 0.8, available => available / 4, available => available / 4];
const NO_NUMBER = 'The capacity of a memory must be a whole number: is a variable of the environment missing?';
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
 * It takes and gives in amortised constant time, and remembers a bounded number of those who have nothing.
 *
 * @example const streams = new Shares(40_000); if (!streams.lease(holder)) throw new EieError('limit_reached');
 */
export class Shares {
  readonly #pools: readonly Pool[];

  /**
   * @param capacity default: enough for 10,000 users at their limit. A single client then gets 651
   * @throws EieConfigurationError for what is no number: nothing would be bounded
   */
  constructor(capacity = 26_000) {
    if (!Number.isInteger(capacity) || capacity < 0) throw new EieConfigurationError(NO_NUMBER);
    const common = Math.ceil(capacity / 2);
    const reserve = capacity - common;
    const most: Limit = () => Math.max(1, Math.floor(reserve / USERS));
    this.#pools = [new Pool(common, COMMON), new Pool(reserve, [COMMON[0]!, most, most])];
  }

  /** Takes one. @returns what gives it back, once; `undefined` when the holder is at its limit */
  lease(holder: ShareHolder): (() => void) | undefined {
    for (const pool of this.#pools) {
      const level = pool.take(holder);
      if (level) return givesBack(level);
    }
    return undefined;
  }
}

function givesBack(narrowest: Level): () => void {
  let isHeld = true;
  return () => {
    if (!isHeld) return;
    isHeld = false;
    for (let level: Level | undefined = narrowest; level; level = level.above) level.used--;
  };
}

class Pool {
  readonly #root = new Level();
  #known = 0;
  #most = MAX_SPARE;

  constructor(
    private readonly capacity: number,
    private readonly limits: readonly Limit[],
  ) {}

  /** @returns the level of the narrowest part, of which one more is used now */
  take(holder: ShareHolder): Level | undefined {
    let allowed = this.capacity;
    let level = this.#root;
    if (level.used >= allowed) return undefined;
    for (let depth = 0; depth < holder.length; depth++) {
      const name = holder[depth]!;
      const own: Level = level.parts?.get(name) ?? new Level(level, name);
      allowed = this.limits[depth]!(allowed - (level.used - own.used));
      if (own.used >= allowed) return undefined;
      level = own;
    }
    this.#use(level);
    return level;
  }

  #use(narrowest: Level): void {
    for (let level: Level | undefined = narrowest; level; level = level.above) {
      level.used++;
      if (!level.isKnown && level.above) this.#know(level, level.above);
    }
    if (this.#known <= this.#most) return;
    this.#known = forgetIdle(this.#root);
    this.#most = 2 * this.#known + MAX_SPARE;
  }

  #know(level: Level, above: Level): void {
    level.isKnown = true;
    above.parts ??= new Map();
    above.parts.set(level.name, level);
    this.#known++;
  }
}

/** Forgets each level of which nobody holds anything. @returns how many are left below */
function forgetIdle({ parts }: Level): number {
  let left = 0;
  for (const [name, part] of parts ?? []) {
    if (part.used) left += 1 + forgetIdle(part);
    else parts!.delete(name);
  }
  return left;
}
