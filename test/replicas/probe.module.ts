import { Module } from '@nestjs/common';
import { IsString } from 'class-validator';
import { Authenticated, Identity, RequireApproval, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';

class ProbePayment {
  @IsString()
  order: string;
}

/** One run of a tool of this process: what was given, and when by the clock of the machine. */
export type Run = readonly [what: string, at: number];

/** Since they were asked for last. */
export const runs: Run[] = [];
const ran = (what: string): string => {
  runs.push([what, Date.now()]);
  return 'done';
};

@ToolController()
class ProbeTools {
  @Tool({ name: 'probe' })
  @RequireScopes('orders:read')
  probe(@Identity('actor.sub') sub: string): string {
    return ran(sub);
  }

  @Tool({ name: 'probe_payment' })
  @Authenticated()
  @RequireApproval({ reason: 'Money leaves the shop.', show: ['order'] })
  pay(@ToolInput() { order }: ProbePayment): string {
    return ran(order);
  }
}

/** Tools whose every run is counted. */
@Module({ providers: [ProbeTools] })
export class ProbeModule {}
