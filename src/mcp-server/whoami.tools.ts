import { Authenticated, Identity } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';

@ToolController()
export class WhoamiTools {
  @Tool({ name: 'whoami', description: 'Who calls, and through which agent.' })
  @Authenticated()
  whoami(
    @Identity('actor.sub') user: string,
    @Identity('actor.tenant') tenant: string | undefined,
    @Identity('agent.id') agent: string,
  ) {
    return { user, tenant, agent };
  }
}
