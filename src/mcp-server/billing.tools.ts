import { Delegated, type DelegatedFetch, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { answerOf } from './answer.js';

@ToolController()
export class BillingTools {
  @Tool({
    name: 'get_balance',
    description: 'What is still to be paid: by you, or by your whole company if you are one of its services.',
  })
  @RequireScopes('billing:read')
  balance(@Delegated('billing_api') billing: DelegatedFetch): Promise<unknown> {
    return answerOf(billing.json('/balance'), 'account');
  }
}
