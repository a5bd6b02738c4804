import { described, type Described, isRecord } from './described.js';

/** A safeguard that is switched off, by the option that does it. */
export interface Danger {
  /** `ports.dangerouslyAllowHttp`. */
  readonly option: string;
  readonly value: Described;
}

/** Deeper than any option. */
const MAX_DEPTH = 8;

/** Every option whose name begins with `dangerously`, wherever it stands. What hides behind a port of the application is not seen. */
export function dangersIn(options: unknown, path = '', depth = 0): Danger[] {
  if (depth > MAX_DEPTH) return [];
  if (Array.isArray(options)) return options.flatMap((one, index) => dangersIn(one, `${path}[${index}]`, depth + 1));
  if (!isRecord(options)) return [];
  return Object.entries(options).flatMap(([name, value]) => {
    const option = path ? `${path}.${name}` : name;
    if (value === undefined || value === false) return [];
    return name.startsWith('dangerously') ? [{ option, value: described(value) }] : dangersIn(value, option, depth + 1);
  });
}
