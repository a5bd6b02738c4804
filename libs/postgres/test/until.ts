/** Milliseconds. More than a busy machine needs; a quiet one needs a few. */
const PATIENCE = 60_000;

/** Waits until something holds. @returns what it holds with @throws Error where it has not come to hold after a minute */
export async function until<Found>(
  holds: () => Found | false | undefined | Promise<Found | false | undefined>,
): Promise<Found> {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await new Promise(resolve => setTimeout(resolve, 20))) {
    const found = await holds();
    if (found) return found;
  }
  throw new Error('It did not come to hold.');
}
