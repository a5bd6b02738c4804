import { FIXTURES, isNone, type ProviderFixture, type TokenFixture } from './fixture.js';
import { type ProviderReport, providersReport } from './report.js';

const TRIED = FIXTURES.filter(({ kind }) => kind !== 'impossible');
const tokens = ({ user, service, idToken }: ProviderFixture): TokenFixture[] =>
  [user, service, idToken].filter((part): part is TokenFixture => !isNone(part));

describe('tokens as providers print them:', () => {
  let reports: ProviderReport[];
  beforeAll(async () => void (reports = await providersReport()), 180_000);

  describe.each(TRIED.map(({ title, name }) => [title, name]))('%s', (_title, name) => {
    let report: ProviderReport;
    beforeAll(() => void (report = reports.find(one => one.name === name)!));

    it('has its users admitted as their tokens name them, or the reason is written why not', () =>
      expect(report.user).not.toMatch(/^failed/));
    it('has its services admitted as services, or the reason is written why not', () =>
      expect(report.service).not.toMatch(/^failed/));
    it('has its ID tokens refused, for us as their audience too', () => expect(report.idTokenRefused).toBe(true));
    it('has its keys fetched where they are documented, and found through its metadata', () =>
      expect([report.discovery, report.keys].join()).not.toMatch(/failed/));
    it('is asked for the token of an API in the words that it documents', () =>
      expect(report.exchange).not.toMatch(/^failed/));
  });

  describe('the providers', () => {
    it('are at least 22 whose tokens are printed whole, 12 of them presets', () => {
      const documented = reports.filter(({ source }) => source === 'documented');
      expect(documented.length).toBeGreaterThanOrEqual(22);
      expect(documented.filter(({ kind }) => kind === 'preset').length).toBeGreaterThanOrEqual(12);
    });

    it.each([
      ['okta', 'documented'],
      ['keycloak', 'partly documented'],
      ['workos', 'partly documented'],
      ['logto', 'inferred'],
    ])('count as documented only where nothing but the issuer had to be added to what is printed: %s', (name, source) =>
      expect(reports.find(one => one.name === name)!.source).toBe(source),
    );

    it.each(FIXTURES.map(fixture => [fixture.name, fixture] as const))(
      'name a page for what they call documented: %s',
      (_name, fixture) => {
        for (const { source } of tokens(fixture))
          expect(source.kind === 'documented' ? source.url : source.from).toMatch(
            source.kind === 'documented' ? /^https:\/\/[^/]+\/./ : /./,
          );
      },
    );

    it.each(FIXTURES.filter(({ kind }) => kind === 'impossible').map(fixture => [fixture.name, fixture] as const))(
      'that cannot work say why, and what to do: %s',
      (_name, { reason }) => expect(reason).toMatch(/\. (Let|Put|Take|Use) /),
    );

    it('change nothing in a documented token without saying why', () => {
      for (const { changes = {} } of FIXTURES.flatMap(tokens))
        for (const { why } of Object.values(changes)) expect(why.length).toBeGreaterThan(5);
    });
  });
});
