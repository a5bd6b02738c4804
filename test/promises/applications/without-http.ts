import { type INestApplication, Module } from '@nestjs/common';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import { DelegationService, EieModule, IdentityRevocation } from 'nestjs-eie';
import { Intruder } from '../../support/intruder.js';
import { tokensWithin } from '../../support/reachable.js';
import { accountOptions, AccountTools } from '../accounts.js';
import { type Application, type Attack } from '../application.js';

/** What a script can make itself: it has the shape of an envelope. */
const forged = {
  actor: { type: 'user', issuer: 'https://id.shop.test', sub: 'the-ceo' },
  agent: { type: 'mcp_agent', id: 'me' },
  delegation: { allowed: ['orders_api'], modes: { orders_api: 'on_behalf_of' } },
  authorization: { scopes: ['orders:write'] },
};

export const application: Application = {
  name: 'an application context, as scripts and workers have it',
  transport: 'none',
  async start(stage) {
    @Module({
      imports: [DiscoveryModule, EieModule.forRoot(accountOptions(stage))],
      providers: [Intruder, AccountTools],
    })
    class WorkerModule {}
    const app = await NestFactory.createApplicationContext(WorkerModule, { logger: false, abortOnError: false });
    return { app: app as INestApplication, url: '', send: () => Promise.reject(new Error('nothing is served')) };
  },
  legitimate: ({ app }, { world, auditLog }) => [
    {
      name: 'a script revokes a user',
      async run() {
        await app.get(IdentityRevocation, { strict: false }).purge({ issuer: world.issuer, sub: 'user-9' });
        if (auditLog.types().at(-1) !== 'identity.revoked') throw new Error(auditLog.types().join());
      },
    },
  ],
  attacks({ app }, { api, auditLog, world }): Attack[] {
    const call = async (identity: object) => {
      const before = api.requests.length;
      const refusal = await app
        .get(DelegationService, { strict: false })
        .for(
          identity as never,
          'orders_api',
        )('/orders')
        .then(
          () => undefined,
          (error: { code: string }) => error.code,
        );
      return { refusal, sent: api.requests.length - before };
    };
    const nothing = (promise: Attack['promise'], name: string, identity: object): Attack => ({
      promise,
      name,
      async run() {
        const { refusal, sent } = await call(identity);
        return refusal === 'identity_forged' && !sent ? undefined : `${refusal}, ${sent} sent`;
      },
    });
    return [
      nothing(2, 'a script makes an identity by hand', forged),
      nothing(3, 'a script calls in no identity', {}),
      nothing(4, 'a script calls with more than anybody has', Object.freeze({ ...forged, issued: true })),
      {
        promise: 1,
        name: 'a provider holds a key',
        run: async () => tokensWithin(app.get(Intruder).roots(), [world.serverKey.d as string])[0],
      },
      {
        promise: 5,
        name: 'a call that was refused leaves no record',
        async run() {
          const before = auditLog.events.length;
          await call(forged);
          const [record] = auditLog.events.slice(before);
          return record?.type === 'delegation.refused' ? undefined : String(record?.type);
        },
      },
    ];
  },
};
