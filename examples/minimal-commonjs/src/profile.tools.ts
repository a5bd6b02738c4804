import { Authenticated, Identity, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';

@ToolController()
export class ProfileTools {
  @Tool({ name: 'whoami', description: 'Who calls, and through which agent' })
  @Authenticated()
  whoami(@Identity('actor.sub') user: string, @Identity('agent.id') agent: string) {
    return { user, agent };
  }

  @Tool({ name: 'my_rights', description: 'What the caller may do' })
  @RequireScopes('profile:read')
  rights(@Identity('authorization.scopes') scopes: readonly string[]) {
    return { scopes };
  }
}
