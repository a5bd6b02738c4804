import { compactVerify } from 'jose';
import { parseCompactJws } from './compact-jws.js';
import { KeySet } from './jwk-set.js';

/** RFC 7520, "Examples of Protecting Content Using JSON Object Signing and Encryption": the keys of §3, the compact serializations of §4. */
const KID = 'bilbo.baggins@hobbiton.example';
const PAYLOAD =
  "It\u2019s a dangerous business, Frodo, going out your door. You step onto the road, and if you don't keep your feet, there\u2019s no knowing where you might be swept off to.";

const EC = {
  kty: 'EC',
  kid: KID,
  use: 'sig',
  crv: 'P-521',
  x: 'AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt',
  y: 'AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1',
};
const RSA = {
  kty: 'RSA',
  kid: KID,
  use: 'sig',
  n: 'n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw',
  e: 'AQAB',
};

const header = (alg: string) => Buffer.from(`{"alg":"${alg}","kid":"${KID}"}`).toString('base64url');
const jws = (alg: string, signature: string) =>
  `${header(alg)}.${Buffer.from(PAYLOAD).toString('base64url')}.${signature}`;

const SIGNATURES: [section: string, alg: string, key: object, signature: string][] = [
  [
    '4.1',
    'RS256',
    RSA,
    'MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg',
  ],
  [
    '4.2',
    'PS384',
    RSA,
    'cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw',
  ],
  [
    '4.3',
    'ES512',
    EC,
    'AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2',
  ],
];

describe('the examples of RFC 7520', () => {
  it.each(SIGNATURES)(
    '§%s: the %s signature verifies with the key that is selected for it',
    async (_section, alg, key, signature) => {
      const selected = KeySet.from({ keys: [key] })!.select({ alg, kid: KID })!;
      const { payload } = await compactVerify(jws(alg, signature), selected, { algorithms: [alg] });
      expect(Buffer.from(payload).toString()).toBe(PAYLOAD);
    },
  );

  it.each(SIGNATURES)(
    '§%s: the %s signature does not verify under another algorithm of the same key, and a key of another kind is not selected',
    async (_section, alg, key, signature) => {
      const other = { RS256: 'PS256', PS384: 'RS384', ES512: 'ES256' }[alg]!;
      await expect(
        compactVerify(
          `${header(other)}.${jws(alg, signature).split('.')[1]!}.${signature}`,
          KeySet.from({ keys: [RSA] })!.select({ alg: 'RS256', kid: KID })!,
        ),
      ).rejects.toThrow();
      expect(KeySet.from({ keys: [key === RSA ? EC : RSA] })!.select({ alg, kid: KID })).toBeUndefined();
    },
  );

  it('§3.1, §3.3: two keys of one kid are told apart by their kind', () => {
    const keys = KeySet.from({ keys: [EC, RSA] })!;
    expect(keys.select({ alg: 'ES512', kid: KID })?.asymmetricKeyType).toBe('ec');
    expect(keys.select({ alg: 'RS256', kid: KID })?.asymmetricKeyType).toBe('rsa');
  });

  it('§3.5: the symmetric key is not imported', () => {
    expect(
      KeySet.from({
        keys: [
          {
            kty: 'oct',
            kid: '018c0ae5-4d9b-471b-bfd6-eef314bc7037',
            use: 'sig',
            alg: 'HS256',
            k: 'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg',
          },
        ],
      }),
    ).toBeUndefined();
  });

  it.each(SIGNATURES)(
    '§%s: a well-signed %s JWS whose payload is no claims set is no token',
    (_section, alg, _key, signature) => {
      expect(() => parseCompactJws(jws(alg, signature))).toThrow(expect.objectContaining({ code: 'token_malformed' }));
    },
  );
});
