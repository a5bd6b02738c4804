const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** Seconds as people say them, in the largest unit that they fill. */
export function duration(seconds: number): string {
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? UNITS[3];
  const count = Math.round(seconds / size);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** A time of a token, with what it is from now. */
export function moment(seconds: number, now = Date.now()): string {
  const away = seconds - now / 1000;
  const time = new Date(seconds * 1000);
  if (Number.isNaN(time.getTime())) return String(seconds);
  const distance = duration(Math.abs(away));
  return `${seconds} (${time.toLocaleString()}, ${away < 0 ? `${distance} ago` : `in ${distance}`})`;
}
