import {
  Controller,
  Get,
  type MiddlewareConsumer,
  Module,
  Post,
  RequestMethod,
  Version,
  VersioningType,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { Authenticated, Public, RequireScopes } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, refused, viewsOf } from '../parts.js';

let stage: Stage;
let passed: string[] = [];

@Controller({ path: 'books', version: ['1', '2'] })
class BooksController {
  @Get()
  @Authenticated()
  list() {
    return 'books';
  }

  @Get()
  @Version('3')
  @RequireScopes('ledger:read')
  third() {
    return 'books of version 3';
  }

  @Post()
  @RequireScopes('ledger:write')
  add() {
    return 'added';
  }
}

@Controller({ path: 'ping', version: '1' })
class PingController {
  @Get()
  @Public({ reason: 'Uptime robots have no token.' })
  ping() {
    return 'pong';
  }
}

@Module({ controllers: [BooksController, PingController] })
class LibraryModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply((request: object, _response: unknown, next: () => void) => {
        passed.push((request as { originalUrl: string }).originalUrl);
        stage.see('by a middleware for the routes of a module', viewsOf(request));
        next();
      })
      .exclude({ path: 'api/library/ping', method: RequestMethod.GET, version: '1' })
      .forRoutes(BooksController, { path: 'accounts/me', method: RequestMethod.GET });
  }
}

export const application: Application = {
  name: 'URI versions, a global prefix with exclusions, module paths, and middleware for some routes',
  async start(given) {
    stage = given;
    passed = [];
    return startAccounts(stage, {
      imports: [LibraryModule, RouterModule.register([{ path: 'library', module: LibraryModule }])],
      prepare(app) {
        app.setGlobalPrefix('api', { exclude: ['mcp', 'accounts/*path'] });
        app.enableVersioning({ type: VersioningType.URI });
      },
    });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    ...['/api/v1/library/books', '/api/v2/library/books'].map(path =>
      answers(`a user reads ${path}`, () => running.send(path, bearer(given.world.userToken())), 'books'),
    ),
    answers(
      'a user with the scope reads version 3',
      () => running.send('/api/v3/library/books', bearer(given.world.userToken({ scope: 'ledger:read' }))),
      'version 3',
    ),
    answers('a robot asks', () => running.send('/api/v1/library/ping'), 'pong'),
    {
      name: 'the middleware has run',
      run: async () => {
        if (!passed.some(path => path.includes('books'))) throw new Error(passed.join());
      },
    },
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    refused(3, 'a user without the scope reads version 3', () =>
      running.send('/api/v3/library/books', bearer(given.world.userToken())),
    ),
    ...['1', '2'].map(version =>
      refused(3, `a user without the scope writes version ${version}`, () =>
        running.send(`/api/v${version}/library/books`, { ...bearer(given.world.userToken()), method: 'POST' }),
      ),
    ),
    ...['/api/v1/library/books', '/API/V1/library/books', '/api/v1/library/books/', '/api/v3/library//books'].map(
      path => refused(2, `nobody reads ${path}`, () => running.send(path)),
    ),
  ],
};
