import { Controller, Get, Param } from '@nestjs/common';
import { Authenticated, DelegatesTo, DelegationService, type ExecutionIdentityEnvelope, Identity } from 'nestjs-eie';
import { billingTarget, invoicesTarget, ordersTarget } from '../../support/orders.js';
import { startAccounts } from '../accounts.js';
import { API_PATH } from '../api.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer } from '../parts.js';

const TARGETS = { orders_api: 'orders:read', billing_api: 'billing:read', invoices_api: 'invoices:read' } as const;
type Target = keyof typeof TARGETS;

@Controller('modes')
class ModesController {
  constructor(private readonly delegation: DelegationService) {}

  @Get(':target')
  @Authenticated()
  @DelegatesTo('orders_api', 'billing_api', 'invoices_api')
  async call(@Param('target') target: string, @Identity() identity: ExecutionIdentityEnvelope) {
    return JSON.stringify(await this.delegation.for(identity, target).json('/orders'));
  }
}

const claims = (token: unknown) =>
  JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

/** What an API was sent in a call of this target. */
async function sent(stage: Stage, url: string, target: string, token: string) {
  const before = stage.api.requests.length;
  const { status } = await fetch(`${url}/modes/${target}`, bearer(token));
  const [request] = stage.api.requests.slice(before);
  return { status, access: request && claims(request.headers.authorization), headers: request?.headers ?? {} };
}

export const application: Application = {
  name: 'a target of each mode of delegation',
  start: stage => {
    const base = stage.api.url + API_PATH;
    return startAccounts(stage, {
      controllers: [ModesController],
      options: {
        targets: {
          orders_api: ordersTarget(stage.world, base),
          billing_api: billingTarget(stage.world, base),
          invoices_api: invoicesTarget(stage.world, base),
        },
      },
    });
  },
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    ...(Object.keys(TARGETS) as Target[]).map(target =>
      answers(
        `a user calls ${target}`,
        () => running.send(`/modes/${target}`, bearer(stage.world.userToken({ scope: TARGETS[target] }))),
        '17',
      ),
    ),
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    ...(Object.keys(TARGETS) as Target[]).flatMap(target => [
      {
        promise: 4 as const,
        name: `${target} gets more than its mode gives it`,
        async run() {
          const scope = `${TARGETS[target]} orders:write ledger:write`;
          const { access } = await sent(stage, running.url, target, stage.world.userToken({ scope }));
          const isUser = access?.sub === 'alice';
          const narrow = target === 'orders_api' ? /^orders:(read|write)( orders:(read|write))?$/ : /^\w+:read$/;
          if (isUser === (target === 'billing_api')) return `acts as ${String(access?.sub)}`;
          return narrow.test(String(access?.scope)) ? undefined : String(access?.scope);
        },
      },
      {
        promise: 4 as const,
        name: `a user without a scope of ${target} calls it`,
        async run() {
          const { status, access } = await sent(
            stage,
            running.url,
            target,
            stage.world.userToken({ scope: 'ledger:read' }),
          );
          return status >= 400 && !access ? undefined : `${status} ${String(access?.scope)}`;
        },
      },
      {
        promise: 4 as const,
        name: `a machine calls ${target} for a user`,
        async run() {
          const token = await stage.world.machineToken(TARGETS[target]);
          const { access } = await sent(stage, running.url, target, token);
          return access?.sub === 'alice' || (access && target !== 'billing_api') ? String(access.sub) : undefined;
        },
      },
    ]),
    {
      promise: 1,
      name: 'an API gets the token that came in',
      async run() {
        for (const target of Object.keys(TARGETS) as Target[]) {
          const token = stage.world.userToken({ scope: TARGETS[target] });
          const { headers } = await sent(stage, running.url, target, token);
          if (JSON.stringify(headers).includes(token)) return target;
        }
        return undefined;
      },
    },
  ],
};
