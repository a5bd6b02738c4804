import {
  type ArgumentsHost,
  Catch,
  ClassSerializerInterceptor,
  Controller,
  type ExceptionFilter,
  Get,
  HttpException,
  NotFoundException,
  ValidationPipe,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Authenticated, RequireScopes } from 'nestjs-eie';
import { McpContent, Tool, ToolController } from 'nestjs-eie/mcp';
import { callTool, connect } from '../../support/app.js';
import { type Application, type Stage } from '../application.js';
import { startAccounts } from '../accounts.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, viewsOf } from '../parts.js';

let stage: Stage;

interface Reply {
  status(code: number): Reply;
  send(body: unknown): void;
}

/** As every tutorial has it. */
@Catch()
class AllExceptionsFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    stage.see('by an exception filter', viewsOf(host.getArgByIndex<object>(0)));
    const status = error instanceof HttpException ? error.getStatus() : 500;
    host.switchToHttp().getResponse<Reply>().status(status).send({ statusCode: status, path: 'somewhere' });
  }
}

@Controller('orders')
class OrdersController {
  @Get('17')
  @RequireScopes('orders:read')
  order() {
    return { id: 17 };
  }
}

@ToolController()
@Authenticated()
class OrderTools {
  @Tool({ name: 'find' })
  find() {
    throw new NotFoundException('There is no such order');
  }

  @Tool({ name: 'picture' })
  picture() {
    return new McpContent({ content: [{ type: 'image', data: 'aGk=', mimeType: 'image/png' }] });
  }

  @Tool({ name: 'fail' })
  fail() {
    throw new TypeError('a detail that no client may see');
  }
}

export const application: Application = {
  name: 'a catch-all exception filter, a serializer, a validation pipe and CORS',
  async start(given) {
    stage = given;
    return startAccounts(stage, {
      controllers: [OrdersController],
      providers: [OrderTools],
      prepare(app) {
        app.useGlobalFilters(new AllExceptionsFilter());
        app.useGlobalInterceptors(new ClassSerializerInterceptor(app.get(Reflector)));
        app.useGlobalPipes(
          new ValidationPipe({
            whitelist: true,
            forbidNonWhitelisted: true,
            transform: true,
            validateCustomDecorators: true,
          }),
        );
        app.enableCors();
        app.enableShutdownHooks();
      },
    });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    answers('a user reads an order', () => running.send('/orders/17', bearer(given.world.userToken())), '17'),
    {
      name: 'a client gets a picture, though a serializer has copied the result',
      async run() {
        const client = await connect(running.url, given.world.userToken());
        const { content } = (await client.callTool({ name: 'picture' })) as { content: { type: string }[] };
        await client.close();
        if (content[0]?.type !== 'image') throw new Error(JSON.stringify(content));
      },
    },
    {
      name: 'a client is told why a tool has failed, and no detail',
      async run() {
        const client = await connect(running.url, given.world.userToken());
        const [found, failed] = [await callTool(client, 'find'), await callTool(client, 'fail')];
        await client.close();
        if (!found.isError || found.text !== 'There is no such order') throw new Error(found.text);
        if (!failed.isError || failed.text !== 'The tool failed.') throw new Error(failed.text);
      },
    },
    {
      name: 'a client that lacks a scope is challenged',
      async run() {
        const response = await fetch(`${running.url}/accounts/balance`, bearer(given.world.userToken()));
        const challenge = response.headers.get('www-authenticate') ?? '';
        if (response.status !== 403 || !challenge.includes('scope="billing:read"'))
          throw new Error(`${response.status} ${challenge}`);
      },
    },
  ],
  attacks: accountAttacks,
};
