/** A copy of plain data that nobody can change. */
export function deepFreeze<T>(data: T): T {
  return frozen(structuredClone(data));
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
