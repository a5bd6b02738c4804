import { Core } from './core.js';
import { expected, explained, keptCases, keptText } from './corpus.js';
import { unexplained } from './oracle-verdicts.js';
import { type IssuerServer, startIssuers } from './issuer-server.js';
import { prepare } from './prepared.js';
import { generated, KINDS, textOf } from './rules.js';

const cases = keptCases();

describe('the corpus of odd and of illegal input', () => {
  let server: IssuerServer;
  beforeAll(async () => {
    server = await startIssuers();
  });
  afterAll(() => server.close());

  it.each(KINDS)('is what its rules generate: %s (else run test/interop/corpus/make.ts)', kind => {
    expect(textOf(generated(kind))).toBe(keptText(kind));
  });

  it('has at least 300 cases of each verdict, no two of them alike', () => {
    for (const verdict of ['legal', 'illegal'])
      expect(cases.filter(one => one.verdict === verdict).length).toBeGreaterThanOrEqual(300);
    const recipes = cases.map(({ id: _id, rule: _rule, source: _source, ...recipe }) => JSON.stringify(recipe));
    expect(cases.filter((_one, i) => recipes.indexOf(recipes[i]!) !== i).map(({ id }) => id)).toEqual([]);
  });

  it.each(KINDS)(
    'lets every legal case in, and refuses every illegal one by its reason, with execution-identity alone: %s',
    async kind => {
      const core = new Core();
      const verdicts: [id: string, verdict: string][] = [];
      const configured: typeof verdicts = [];
      for (const one of cases.filter(({ kind: own }) => own === kind)) {
        const prepared = prepare(one, server);
        verdicts.push([one.id, await core.verdict(prepared)]);
        configured.push([one.id, (await core.verdictOfConfiguredKeys(prepared)) ?? expected(one)]);
      }
      const all = cases.filter(({ kind: own }) => own === kind).map(one => [one.id, expected(one)]);
      expect(verdicts).toEqual(all);
      expect(configured).toEqual(all);
    },
    120_000,
  );

  it('has a reason for each disagreement with an oracle, and says so where one has none or needs none', () => {
    const [first] = explained();
    const told = explained().flatMap(({ oracle, verdict, rule, cases: names }) =>
      names.map(name => `${oracle} ${verdict} ${rule}/${name}`),
    );
    expect(unexplained(told, explained())).toEqual([]);
    expect(unexplained([...told, 'jose accepts aud/x'], explained())).toHaveLength(1);
    expect(unexplained(told.slice(1), explained())).toHaveLength(1);
    expect(unexplained(told, [...explained(), first!])).toHaveLength(first!.cases.length);
    expect(unexplained(told, [{ ...first!, reason: '' }, ...explained().slice(1)])).toHaveLength(first!.cases.length);
    const ids = cases.map(({ id }) => id);
    for (const { rule, cases: names } of explained())
      for (const name of names) expect(ids).toContain(`${rule}/${name}`);
  });
});
