import { type IssuerOptions } from 'nestjs-eie';
import { EncryptedRequestStateStore } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { startApp } from '../support/app.js';
import { SharedStore } from './shared-store.js';
import { ApprovalsController, PaymentTools, runs } from './tools.js';

/** What the main process sends first. */
export interface ServerSetup {
  readonly issuer: IssuerOptions;
  readonly store: string;
  readonly secret: string;
}

/** What one server has run since it was asked last. */
export interface ServerReport {
  readonly runs: readonly (readonly [label: string, count: number])[];
  /** Calls that began without an approval on the audit log. */
  readonly unapproved: number;
}

let ahead = 0;

async function start({ issuer, store, secret }: ServerSetup): Promise<void> {
  const { url, auditLog } = await startApp(
    { issuerOptions: () => issuer },
    {
      providers: [PaymentTools],
      controllers: [ApprovalsController],
      imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' })],
      options: {
        ports: {
          clock: () => Date.now() + ahead,
          approvals: new SharedStore(store),
          requestState: new EncryptedRequestStateStore(secret),
        },
      },
    },
  );
  process.on('message', (asked: { ahead: number } | 'report') => {
    if (asked !== 'report') {
      ahead = asked.ahead;
      return void process.send!('ahead');
    }
    const tools = ['refund', 'credit', 'transfer', 'payout'];
    const unapproved = auditLog.events.filter(
      ({ type, handler, approval_id }) =>
        type === 'execution.intent' && tools.includes(handler ?? '') && approval_id === null,
    ).length;
    process.send!({ runs: [...runs], unapproved } satisfies ServerReport);
    runs.clear();
    auditLog.events.length = 0;
  });
  process.send!({ url });
}

process.once('message', (setup: ServerSetup) => void start(setup));
