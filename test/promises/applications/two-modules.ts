import { EieReceiverModule } from 'nestjs-eie/receiver';
import { trust } from '../../support/receiver-app.js';
import { ORDERS } from '../../support/world.js';
import { startAccounts } from '../accounts.js';
import { type Application } from '../application.js';

export const application: Application = {
  name: 'the modules of a boundary and of a receiver in one application',
  refusedWith: /EieModule and EieReceiverModule are both in this application.*make two applications of it/s,
  start: stage =>
    startAccounts(stage, {
      imports: [
        EieReceiverModule.forRoot({
          service: 'orders_api',
          resource: ORDERS,
          issuers: [stage.world.issuerOptions({ audience: [ORDERS] })],
          trust: trust(stage.world),
          audit: { log: stage.auditLog },
        }),
      ],
    }),
  legitimate: () => [],
  attacks: () => [],
};
