import { Controller, Get, Post } from '@nestjs/common';
import { Authenticated, Public, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { startAccounts } from '../accounts.js';
import { type Application } from '../application.js';

@Controller('drafts')
class DraftsController {
  @Get()
  @Authenticated()
  list() {
    return 'drafts';
  }

  // Added on a Friday.
  @Post()
  publish() {
    return 'published';
  }

  @Get('preview')
  @RequireScopes('ledger:read')
  @Public({ reason: 'Somebody wanted to look at it.' })
  preview() {
    return 'preview';
  }
}

@ToolController()
class DraftTools {
  @Tool({ name: 'publish' })
  publish() {
    return 'published';
  }
}

export const application: Application = {
  name: 'a handler and a tool that somebody has forgotten, and one that contradicts itself',
  refusedWith:
    /(?=.*DraftsController\.publish has no identity policy)(?=.*DraftsController\.preview is @Public\(\) and has a requirement)(?=.*publish\b.*@RequireScopes)/s,
  start: stage => startAccounts(stage, { controllers: [DraftsController], providers: [DraftTools] }),
  legitimate: () => [],
  attacks: () => [],
};
