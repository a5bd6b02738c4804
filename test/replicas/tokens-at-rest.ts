import { type StoreServer } from './store.js';

/** A token as instances share it. */
const SEALED = /\b1\.[\w-]{300,}/g;
/** What may be a text in base64url. */
const ENCODED = /[\w-]{40,}/g;

/**
 * How many of these tokens are in a store, by any part of their signature; how many are there sealed; and whether one that is put there is found, in clear and
 * encoded.
 */
export async function tokensAtRest(store: StoreServer, issued: readonly string[]) {
  const dump = await store.dump();
  const tokensFoundInStores = found(dump, issued).length;
  const sealedTokensInStores = dump.match(SEALED)?.length ?? 0;
  const [clear, encoded] = issued.slice(-2) as [string, string];
  await store.plant(clear);
  const isClearFound = found(await store.dump(), [clear]).length === 1;
  await store.plant(Buffer.from(JSON.stringify({ token: encoded })).toString('base64url'));
  const isEncodedFound = found(await store.dump(), [encoded]).length === 1;
  return { tokensFoundInStores, sealedTokensInStores, plantedTokenFound: isClearFound && isEncodedFound };
}

function found(dump: string, tokens: readonly string[]): string[] {
  const decoded = (dump.match(ENCODED) ?? []).map(text => Buffer.from(text, 'base64url').toString('latin1'));
  const text = [dump, Buffer.from(dump, 'base64').toString('latin1'), ...decoded].join('\n');
  return tokens.filter(token => text.includes(token.split('.').at(-1)!.slice(0, 40)));
}
