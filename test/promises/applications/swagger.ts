import { Controller, Get, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { RequireScopes } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, refused } from '../parts.js';

@ApiBearerAuth()
@Controller('invoices')
class InvoicesController {
  // Decorators of Swagger above and below ours: each of them may touch the function.
  @ApiOperation({ summary: 'One invoice' })
  @Get(':id')
  @RequireScopes('invoices:read')
  @ApiOkResponse({ type: String })
  one(@Param('id') id: string) {
    return `invoice ${id}`;
  }
}

const PAGES = ['/docs', '/docs/*', '/docs-json', '/docs-yaml'].map(path => ({
  path,
  method: 'GET' as const,
  access: 'public' as const,
  reason: 'Everybody may read what the interface is.',
}));

export const application: Application = {
  name: 'a document and pages by @nestjs/swagger',
  start: stage =>
    startAccounts(stage, {
      controllers: [InvoicesController],
      options: { authorization: { routes: PAGES } },
      prepare(app) {
        const config = new DocumentBuilder().setTitle('shop').addBearerAuth().build();
        SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, config));
      },
    }),
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    answers('anybody reads the document', () => running.send('/docs-json'), '/invoices/{id}'),
    answers(
      'a page of a browser with a token reads it too',
      () => running.send('/docs', bearer('x'.repeat(40))),
      'html',
    ),
    answers(
      'a user with the scope reads an invoice',
      () => running.send('/invoices/17', bearer(stage.world.userToken({ scope: 'invoices:read' }))),
      'invoice 17',
    ),
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    refused(2, 'anybody reads an invoice', () => running.send('/invoices/17')),
    refused(3, 'a user without the scope reads an invoice', () =>
      running.send('/invoices/17', bearer(stage.world.userToken())),
    ),
    {
      promise: 1,
      name: 'the document shows a token of who asks for it',
      async run() {
        const token = stage.world.userToken();
        const { text } = await running.send('/docs-json', bearer(token));
        return text.includes(token) ? 'it does' : undefined;
      },
    },
  ],
};
