import { Controller, Get } from '@nestjs/common';
import { Delegated, type DelegatedFetch, Identity, RequireScopes } from 'nestjs-eie';
import { billingTarget, ordersTarget } from '../../support/orders.js';
import { startAccounts } from '../accounts.js';
import { API_PATH } from '../api.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, refused } from '../parts.js';

@Controller('tenants')
class TenantsController {
  @Get('mine')
  @RequireScopes('orders:read')
  mine(@Identity('actor.tenant') tenant: string) {
    return `tenant ${tenant}`;
  }

  @Get('orders')
  @RequireScopes('orders:read')
  async orders(@Delegated('tenant_orders') orders: DelegatedFetch) {
    return JSON.stringify(await orders.json('/orders'));
  }
}

const targets = ({ world, api }: Stage) => ({
  orders_api: ordersTarget(world, api.url + API_PATH),
  billing_api: billingTarget(world, api.url + API_PATH),
  tenant_orders: {
    ...ordersTarget(world, api.url + API_PATH),
    tenants: { acme: { baseUrl: `${api.url}${API_PATH}/acme` } },
  },
});

export const application: Application = {
  name: 'tenants, each with an API of its own',
  start: stage => startAccounts(stage, { controllers: [TenantsController], options: { targets: targets(stage) } }),
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    ...[
      ['alice', 'acme'],
      ['bob', 'globex'],
    ].map(([sub, tenant]) =>
      answers(
        `${sub} is of ${tenant}`,
        () => running.send('/tenants/mine', bearer(stage.world.userToken({ sub: sub! }))),
        `tenant ${tenant}`,
      ),
    ),
    {
      name: 'a user of acme calls the API of acme',
      async run() {
        await running.send('/tenants/orders', bearer(stage.world.userToken()));
        const { url } = stage.api.requests.at(-1)!;
        if (!url.startsWith(`${API_PATH}/acme/`)) throw new Error(url);
      },
    },
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    {
      promise: 4,
      name: 'a user of a tenant without an API calls that of another one',
      async run() {
        const before = stage.api.requests.length;
        const bob = bearer(stage.world.userToken({ sub: 'bob' }), { 'x-tenant': 'acme' });
        const { status, text } = await running.send('/tenants/orders', bob);
        return stage.api.requests.length === before && status >= 400 ? undefined : text;
      },
    },
    ...['initech', '', 'ACME', 'acme '].map(tenant =>
      refused(2, `an issuer names the tenant "${tenant}", which it may not`, () =>
        running.send('/tenants/mine', bearer(stage.world.userToken({ claims: { tenant } }))),
      ),
    ),
  ],
};
