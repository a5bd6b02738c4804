import { IsString, Matches } from 'class-validator';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  type ExecutionIdentityEnvelope,
  Identity,
  RequireScopes,
} from 'nestjs-eie';
import { Tool, ToolCall, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { Accounts } from './accounts.js';

class AccountQuery {
  @IsString()
  @Matches(/^[A-Z]-\d{1,8}$/)
  order_id: string;
}

@ToolController()
export class AccountTools {
  constructor(private readonly accounts: Accounts) {}

  @Tool({ name: 'account_caller' })
  @Authenticated()
  async caller(@Identity() identity: ExecutionIdentityEnvelope) {
    return { caller: await this.accounts.caller(identity) };
  }

  @Tool({ name: 'account_order' })
  @RequireScopes('orders:read')
  order(
    @ToolInput() { order_id }: AccountQuery,
    @Identity() identity: ExecutionIdentityEnvelope,
    @Delegated('orders_api') orders: DelegatedFetch,
  ) {
    return this.accounts.order(identity, orders, order_id);
  }

  @Tool({ name: 'account_statement' })
  @RequireScopes('billing:read')
  statement(@Identity() identity: ExecutionIdentityEnvelope, @Delegated('billing_api') billing: DelegatedFetch) {
    return this.accounts.statement(identity, billing);
  }

  @Tool({ name: 'account_page' })
  @Authenticated()
  page(
    @ToolInput() { order_id }: AccountQuery,
    @Identity() identity: ExecutionIdentityEnvelope,
    @ToolCall() { signal }: ToolCall,
  ) {
    return this.accounts.page(identity, order_id, signal);
  }

  @Tool({ name: 'account_report' })
  @Authenticated()
  report(@Identity() identity: ExecutionIdentityEnvelope) {
    return this.accounts.report(identity);
  }

  /** Tells its client about its progress on the way. */
  @Tool({ name: 'account_progress' })
  @Authenticated()
  async progress(@Identity() identity: ExecutionIdentityEnvelope, @ToolCall() call: ToolCall) {
    for (const progress of [1, 2]) {
      const caller = await this.accounts.caller(identity);
      await call.progress({ progress, message: caller.sub });
    }
    return { caller: await this.accounts.caller(identity) };
  }
}
