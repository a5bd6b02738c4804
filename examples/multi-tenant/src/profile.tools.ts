import { Authenticated, Identity } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';

@ToolController()
export class ProfileTools {
  @Tool({ name: 'whoami', description: 'Who calls, and of which customer' })
  @Authenticated()
  whoami(@Identity('actor.sub') user: string, @Identity('actor.tenant') tenant: string) {
    return { user, tenant };
  }
}
