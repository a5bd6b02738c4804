import { type StoreServer } from './store.js';

/** How many of these tokens are in a store, by any part of their signature; and whether one that is put there is found. */
export async function tokensAtRest(store: StoreServer, issued: readonly string[]) {
  const found = (dump: string): number => {
    const texts = [dump, Buffer.from(dump, 'base64').toString('latin1')];
    return issued.filter(token => texts.some(text => text.includes(token.split('.').at(-1)!.slice(0, 40)))).length;
  };
  const tokensFoundInStores = found(await store.dump());
  await store.plant(issued.at(-1)!);
  return { tokensFoundInStores, plantedTokenFound: found(await store.dump()) === tokensFoundInStores + 1 };
}
