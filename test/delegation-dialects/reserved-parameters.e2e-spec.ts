import { type ExchangeOptions } from 'nestjs-eie/presets';
import { startApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';
import { issuerOptions } from './fakes/rfc8693.js';

/** Every name that stands in a request of the other tests in this folder, unless the operator has put it there. */
const SENT = [
  'grant_type',
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'resource',
  'audience',
  'scope',
  'assertion',
  'requested_token_use',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
];

describe('the parameters of an exchange that the operator adds', () => {
  let world: World;
  beforeAll(async () => (world = await startWorld()));
  afterAll(() => world?.close());

  const boot = async (exchange: ExchangeOptions) =>
    startApp(world, { options: { issuers: [issuerOptions(exchange)] } });

  it.each(SENT)('cannot be %s: the application does not boot', async name => {
    await expect(boot({ parameters: { organization: 'acme', [name]: 'https://evil.test' } })).rejects.toThrow(
      /exchange\.parameters may name none of grant_type, /,
    );
  });

  it('cannot be those of another dialect either', async () => {
    await expect(boot({ dialect: 'entra_id', parameters: { assertion: 'x' } })).rejects.toThrow(
      /exchange\.parameters may name none of/,
    );
  });

  it('may be any other', async () => {
    await (await boot({ parameters: { organization: 'acme' } })).close();
  });
});
