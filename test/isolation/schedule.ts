import { ERAS } from '../support/app.js';
import { type Call, type CallKind } from './call.js';
import { type Chance } from './chance.js';
import { type Credential, type User } from './users.js';

/** Callers who do alike at the same time. */
const GROUP = 6;
/** Ids that several calls use; all others are of one call. */
const COMMON_IDS = 20;

/**
 * The calls of all users, in an order in which those are next to each other who could be mixed up: users of one name in two tenants, users of
 * one tenant, sessions of one user. They ask for the same, some under one trace id, which a caller may choose.
 */
export function* schedule(
  users: readonly User[],
  kinds: readonly CallKind[],
  callsOfEach: number,
  chance: Chance,
): Generator<Call> {
  const drawn = kinds.flatMap(kind => Array.from({ length: kind.weight ?? 1 }, () => kind));
  const left = new Map(users.map(user => [user, callsOfEach]));
  const among = (candidates: readonly User[]): User[] => candidates.filter(user => left.has(user));
  let number = 0;
  while (left.size) {
    const first = chance.of([...left.keys()]);
    const kind = chance.of(drawn);
    const shared = {
      ...(chance.is(0.3) && { trace: chance.hex(32) }),
      ...(chance.is(0.4) && { id: String(chance.below(COMMON_IDS)) }),
    };
    const mates = [first, ...Array.from({ length: chance.below(GROUP) }, () => mateOf(first))];
    for (const user of mates) {
      if (!left.has(user)) continue;
      const rest = left.get(user)! - 1;
      if (rest) left.set(user, rest);
      else left.delete(user);
      yield makeCall(user.credentials, kind, ++number, shared, chance);
    }
  }

  function mateOf({ sub, tenant }: User): User {
    const fate = chance.next();
    const close =
      fate < 0.35
        ? among(users.filter(one => one.sub === sub))
        : fate < 0.6
          ? among(users.filter(one => one.tenant === tenant))
          : [];
    return chance.of(close.length ? close : [...left.keys()]);
  }
}

function makeCall(
  credentials: readonly Credential[],
  kind: CallKind,
  number: number,
  { trace, id }: { trace?: string; id?: string },
  chance: Chance,
): Call {
  const letter = chance.of(kind.letters ?? ['A']);
  const goesAway = chance.is(0.15) || letter === 'L';
  return {
    number,
    kind,
    credential: chance.of(credentials),
    era: chance.of(ERAS),
    id: `${letter}-${id ?? number + COMMON_IDS}`,
    trace: trace ?? chance.hex(32),
    messageId: chance.is(0.5) ? 1 : number,
    patience: goesAway ? chance.below(letter === 'L' ? 80 : chance.of([6, 15, 40])) : undefined,
  };
}
