import { readFileSync } from 'node:fs';
import { Controller, Get } from '@nestjs/common';
import { Authenticated, Identity } from 'nestjs-eie';
import { keycloak } from 'nestjs-eie/presets';
import { jwks } from '../presets/providers.js';
import { startApp, type TestApp } from '../support/app.js';
import { Realm, type RealmExport } from './stand-ins/realm.js';

const exported = readFileSync(new URL('../../examples/keycloak/realm.json', import.meta.url), 'utf8');
const RESOURCE = 'http://localhost:3000/mcp';
const KEYCLOAK = 'http://localhost:8080';

@Controller('who')
class RealmVisitors {
  @Get()
  @Authenticated()
  who(@Identity('actor.sub') user: string, @Identity('authorization.scopes') scopes: readonly string[]) {
    return { user, scopes };
  }
}

describe('the realm export of the example for Keycloak', () => {
  let app: TestApp;
  beforeAll(async () => {
    const issuer = keycloak({ url: KEYCLOAK, realm: 'shop', jwks, toleratedAudiences: ['shop-mcp'] });
    const nowhere = { issuerOptions: () => issuer };
    app = await startApp(nowhere, { controllers: [RealmVisitors], options: { resource: RESOURCE } });
  });
  afterAll(() => app?.close());

  /** What a server with the preset says to alice, who signs in through the desk. */
  async function visit(change: (realm: RealmExport) => void, scope?: string) {
    const representation: RealmExport = JSON.parse(exported);
    change(representation);
    const realm = new Realm(representation, KEYCLOAK);
    const token = await realm.login('alice', 'desk', scope);
    const response = await fetch(`${app.url}/who`, { headers: { authorization: `Bearer ${token}` } });
    const reason = response.ok ? undefined : app.auditLog.last('admission.refused').reason;
    return { status: response.status, reason, body: await response.json(), alice: realm.idOf('alice') };
  }
  const desk = ({ clients }: RealmExport) => clients.find(({ clientId }) => clientId === 'desk')!;

  it('makes tokens that the preset takes, with the scopes that were asked for and no other', async () => {
    const { status, body, alice } = await visit(() => undefined, 'openid orders:read');
    expect({ status, body }).toEqual({ status: 200, body: { user: alice, scopes: ['orders:read'] } });
    expect((await visit(() => undefined)).body).toMatchObject({ scopes: [] });
  });

  it.each<[string, string, (realm: RealmExport) => void]>([
    ['the mapper of the resource', 'audience_refused', realm => void desk(realm).protocolMappers!.shift()],
    ['fullScopeAllowed: false', 'audience_refused', realm => delete desk(realm).fullScopeAllowed],
    ['the scope basic', 'claim_missing', realm => void (desk(realm).defaultClientScopes = [])],
  ])('needs %s', async (_what, reason, change) => {
    expect(await visit(change, 'orders:read')).toMatchObject({ status: 401, reason });
  });
});
