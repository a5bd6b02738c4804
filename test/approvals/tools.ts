import { Controller, Param, Post } from '@nestjs/common';
import { IsInt, IsOptional, IsString } from 'class-validator';
import { ApprovalService, Authenticated, type ExecutionIdentityEnvelope, Identity, RequireApproval } from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';

class Payment {
  @IsString()
  order: string;

  @IsInt()
  amount: number;

  @IsOptional()
  @IsString()
  note?: string;
}

/** Every call that has run, by who, what and with which arguments. */
export const runs = new Map<string, number>();

export const labelOf = (tool: string, user: string, { order, amount, note = '' }: Payment): string =>
  JSON.stringify([tool, user, order, amount, note]);

const userOf = ({ actor, agent }: ExecutionIdentityEnvelope): string =>
  [actor.sub, actor.tenant, agent.client_id, ...agent.chain.map(({ sub }) => sub)].join(' ');

function run(tool: string, identity: ExecutionIdentityEnvelope, input: Payment): string {
  const label = labelOf(tool, userOf(identity), input);
  runs.set(label, (runs.get(label) ?? 0) + 1);
  return 'done';
}

@ToolController()
@Authenticated()
export class PaymentTools {
  @Tool({ name: 'refund' })
  @RequireApproval({ reason: 'Money goes back to the customer.', show: ['order', 'amount'] })
  refund(@ToolInput() input: Payment, @Identity() identity: ExecutionIdentityEnvelope) {
    return run('refund', identity, input);
  }

  @Tool({ name: 'credit' })
  @RequireApproval({ reason: 'The customer gets a credit.', show: ['order', 'amount'] })
  credit(@ToolInput() input: Payment, @Identity() identity: ExecutionIdentityEnvelope) {
    return run('credit', identity, input);
  }

  @Tool({ name: 'transfer' })
  @RequireApproval({ reason: 'Money leaves the shop.', show: ['order', 'amount'], by: 'another' })
  transfer(@ToolInput() input: Payment, @Identity() identity: ExecutionIdentityEnvelope) {
    return run('transfer', identity, input);
  }

  @Tool({ name: 'payout' })
  @RequireApproval({ reason: 'Money leaves the shop.', show: ['order', 'amount'], by: 'another' })
  payout(@ToolInput() input: Payment, @Identity() identity: ExecutionIdentityEnvelope) {
    return run('payout', identity, input);
  }
}

@Controller('approvals')
@Authenticated()
export class ApprovalsController {
  constructor(private readonly approvals: ApprovalService) {}

  @Post(':id/approve')
  approve(@Identity() approver: ExecutionIdentityEnvelope, @Param('id') id: string): Promise<void> {
    return this.approvals.approve(approver, id);
  }
}
