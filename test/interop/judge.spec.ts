// @ts-expect-error -- plain JavaScript, which node runs as it is
import { faultsOf, lineOf, readable } from './judge.mjs';

const provider = (i: number) => ({
  name: `provider-${i}`,
  source: 'documented',
  ...{ discovery: true, keys: true, user: true, service: true, idTokenRefused: true, exchange: null },
});
const SOUND = {
  providers: Array.from({ length: 22 }, (_, i) => provider(i)),
  corpus: {
    legal: 300,
    refusedLegal: 0,
    illegal: 300,
    acceptedIllegal: 0,
    unequalVerdicts: 0,
    oracleDisagreements: 0,
    faults: [],
  },
  traceContext: { passed: 40, of: 41, leftOut: [{ case: 'one', reason: 'it is about clients' }] },
  dpop: { passed: 9, of: 9, failed: [] },
  clients: [{ name: 'sdk 2', ok: true }],
};
const [first, ...others] = SOUND.providers;

/** Each is sound but for one thing. */
const FAULTS: [what: string, change: object][] = [
  ['a provider that is not documented', { providers: [{ ...first, source: 'inferred' }, ...others] }],
  ['a provider that is missing', { providers: others }],
  ['a provider whose ID token is let in', { providers: [{ ...first, idTokenRefused: false }, ...others] }],
  ['too few legal cases', { corpus: { ...SOUND.corpus, legal: 299 } }],
  ['too few illegal cases', { corpus: { ...SOUND.corpus, illegal: 0 } }],
  ...['refusedLegal', 'acceptedIllegal', 'unequalVerdicts', 'oracleDisagreements'].map((name): [string, object] => [
    name,
    { corpus: { ...SOUND.corpus, [name]: 1 } },
  ]),
  ['a case of trace context that fails', { traceContext: { ...SOUND.traceContext, passed: 39 } }],
  [
    'a case of trace context that is left out without a reason',
    { traceContext: { passed: 40, of: 41, leftOut: [{ case: 'one' }] } },
  ],
  ['no case of trace context', { traceContext: { passed: 0, of: 0, leftOut: [] } }],
  ['a case of DPoP that fails', { dpop: { passed: 8, of: 9 } }],
  ['no case of DPoP', { dpop: { passed: 0, of: 0 } }],
  ['a client that fails', { clients: [...SOUND.clients, { name: 'sdk 1', ok: false }] }],
  ['no client', { clients: [] }],
];

describe('the report on interoperability', () => {
  it('finds no fault where there is none', () => {
    expect(faultsOf(SOUND)).toEqual([]);
    expect(
      faultsOf({ ...SOUND, providers: [{ ...first, user: false, reason: 'It cannot work.' }, ...SOUND.providers] }),
    ).toEqual([]);
  });

  it.each(FAULTS)('finds %s, and says so', (_what, change) => {
    const faults = faultsOf({ ...SOUND, ...change }) as string[];
    expect(faults).toHaveLength(1);
    expect(readable({ ...SOUND, ...change }, faults)).toContain(faults[0]!);
  });

  it('is a line of what was counted, without the words of its faults', () => {
    const detailed = {
      ...SOUND,
      dpop: { passed: 8, of: 9, failed: ['x'] },
      clients: [{ name: 'a', ok: false, detail: 'y' }],
    };
    expect(JSON.parse(lineOf(detailed))).toEqual({
      ...SOUND,
      corpus: {
        legal: 300,
        refusedLegal: 0,
        illegal: 300,
        acceptedIllegal: 0,
        unequalVerdicts: 0,
        oracleDisagreements: 0,
      },
      dpop: { passed: 8, of: 9 },
      clients: [{ name: 'a', ok: false }],
    });
  });
});
