/**
 * Asks the dev server.
 *
 * @throws an error whose message is for the reader: what the server has said, or that it does not answer
 */
export async function ask<T>(path: 'token' | 'decode', body: unknown): Promise<T> {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new Error('The dev server does not answer. See whether `nestjs-eie dev` still runs, and try again.');
  });
  const said = (await answer.json().catch(() => ({}))) as T & { readonly error?: string };
  if (answer.ok) return said;
  throw new Error(said.error ?? `The dev server has answered with status ${answer.status}. Its terminal may say why.`);
}
