/** A job as it stands in BullMQ. */
export interface PutJob {
  readonly queue: string;
  readonly id: string;
  readonly name: string;
  readonly data: unknown;
}

/** A job that was sealed and is in no queue, and other texts that an attacker may have. */
export interface Loot {
  readonly job: PutJob & { readonly data: Readonly<Record<string, unknown>> };
  readonly sealed: string;
  /** An access token for the server. */
  readonly token: string;
  /** Of another job of the same queue. */
  ofAnother(): Promise<string>;
  /** The same claims, signed by a key of the attacker. */
  bySomebody(): Promise<string>;
  /** Sealed with the same keys, in another trust domain. */
  ofAnotherDomain(): Promise<string>;
  /** Sealed for the same job, and soon expired. */
  expired(): Promise<string>;
}

type Tamper = (loot: Loot, i: number) => PutJob | Promise<PutJob>;

const put = ({ job }: Loot, eie: unknown, changes: Partial<Loot['job']> = {}): PutJob => {
  const { queue, id, name, data } = { ...job, ...changes };
  return { queue, id, name, data: { eie, data } };
};
const partsOf = (jws: string): string[] => jws.split('.');
const decoded = (part: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as never;
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const withClaims = (jws: string, changes: object): string => {
  const [header, claims, signature] = partsOf(jws) as [string, string, string];
  return [header, encoded({ ...decoded(claims), ...changes }), signature].join('.');
};
const withHeader = (jws: string, changes: object): string => {
  const [header, ...rest] = partsOf(jws) as [string, ...string[]];
  return [encoded({ ...decoded(header), ...changes }), ...rest].join('.');
};
const flipped = (text: string, at: number): string =>
  `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;

/** Ways in which somebody who can write into a queue tries to run what was not sealed. */
export const TAMPERINGS: Readonly<Record<string, Tamper>> = {
  'a character of the seal': (loot, i) => put(loot, flipped(loot.sealed, (i * 7919) % loot.sealed.length)),
  'the last character of the seal': (loot, i) => {
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.replace(loot.sealed.at(-1)!, '');
    return put(loot, loot.sealed.slice(0, -1) + last[i % last.length]!);
  },
  'the end of the seal cut off': (loot, i) => put(loot, loot.sealed.slice(0, -1 - (i % 100))),
  'something behind the seal': (loot, i) => put(loot, `${loot.sealed}${['=', 'A', '.', ' ', '\n', '.e30'][i % 6]}`),
  'the seal in an object': (loot, i) => put(loot, [[loot.sealed], { sealed: loot.sealed }, null, 1, '', {}][i % 6]),
  'no signature': loot =>
    put(
      loot,
      `${partsOf(withHeader(loot.sealed, { alg: 'none' }))
        .slice(0, 2)
        .join('.')}.`,
    ),
  'another algorithm': (loot, i) =>
    put(loot, withHeader(loot.sealed, { alg: ['HS256', 'RS256', 'EdDSA', 'ES384'][i % 4] })),
  'another type': (loot, i) =>
    put(loot, withHeader(loot.sealed, { typ: ['txntoken+jwt', 'at+jwt', 'JWT', undefined][i % 4] })),
  'another user': (loot, i) => put(loot, withClaims(loot.sealed, { sub: `user-${i % 10}` })),
  'more scopes': loot => put(loot, withClaims(loot.sealed, { scope: 'orders:read orders:write' })),
  'a later expiry': (loot, i) => put(loot, withClaims(loot.sealed, { exp: 4_000_000_000 + i })),
  'a member of the data': (loot, i) => put(loot, loot.sealed, { data: { ...loot.job.data, number: i + 1_000_000 } }),
  'one more member of the data': (loot, i) =>
    put(loot, loot.sealed, { data: { ...loot.job.data, [`more-${i}`]: null } }),
  'a byte of the data': (loot, i) => {
    const text = loot.job.data.text as string;
    return put(loot, loot.sealed, { data: { ...loot.job.data, text: flipped(text, i % text.length) } });
  },
  'no data': (loot, i) => put(loot, loot.sealed, { data: [undefined, null, {}, []][i % 4] as never }),
  'another name': loot => put(loot, loot.sealed, { name: 'delete' }),
  'another id': (loot, i) => put(loot, loot.sealed, { id: `copy-${i}` }),
  'another queue': loot => put(loot, loot.sealed, { queue: 'payments' }),
  'the seal of another job': async loot => put(loot, await loot.ofAnother()),
  'a key of the attacker': async loot => put(loot, await loot.bySomebody()),
  'another trust domain': async loot => put(loot, await loot.ofAnotherDomain()),
  'an expired seal': async loot => put(loot, await loot.expired()),
  'an access token': loot => put(loot, loot.token),
  'no seal': loot => put(loot, undefined),
};
