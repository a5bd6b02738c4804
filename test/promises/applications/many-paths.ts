import { All, Controller, Get, Head, Module, Post } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { Authenticated, Public, RequireScopes } from 'nestjs-eie';
import { type Application } from '../application.js';
import { startAccounts } from '../accounts.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, refused } from '../parts.js';

abstract class ReadsAndWrites {
  @Get()
  @Authenticated()
  read() {
    return 'read';
  }

  @Post()
  @RequireScopes('ledger:write')
  write() {
    return 'written';
  }
}

@Controller(['books', 'ledgers'])
class BooksController extends ReadsAndWrites {}

@Controller('notes')
class NotesController extends ReadsAndWrites {
  override write() {
    return super.write();
  }
}

@Controller('anything')
class AnythingController {
  @All(['', 'more'])
  @RequireScopes('ledger:write')
  all() {
    return 'all';
  }
}

@Controller('probe')
class ProbeController {
  @Head()
  @Public({ reason: 'Uptime robots ask by HEAD, and get no body.' })
  head() {}

  @Get()
  @RequireScopes('ledger:read')
  read() {
    return 'secret';
  }
}

@Module({ controllers: [BooksController] })
class AdminModule {}

const PATHS = ['/books', '/ledgers', '/admin/books', '/notes'];

export const application: Application = {
  name: 'several paths, an abstract base, @All(), HEAD, and a controller in two modules',
  start: stage =>
    startAccounts(stage, {
      imports: [AdminModule, RouterModule.register([{ path: 'admin', module: AdminModule }])],
      controllers: [BooksController, NotesController, AnythingController, ProbeController],
    }),
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    ...PATHS.map(path =>
      answers(`a user reads ${path}`, () => running.send(path, bearer(stage.world.userToken())), 'read'),
    ),
    ...['/anything', '/anything/more'].map(path =>
      answers(
        `a user with the scope deletes ${path}`,
        () => running.send(path, { ...bearer(stage.world.userToken({ scope: 'ledger:write' })), method: 'DELETE' }),
        'all',
      ),
    ),
    answers('a robot asks by HEAD', () => running.send('/probe', { method: 'HEAD' }), ''),
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    ...PATHS.map(path =>
      refused(3, `a user without the scope writes ${path}`, () =>
        running.send(path, { ...bearer(stage.world.userToken()), method: 'POST' }),
      ),
    ),
    ...['GET', 'PUT', 'OPTIONS', 'HEAD'].map(method =>
      refused(3, `a user without the scope sends ${method} to @All()`, () =>
        running.send('/anything', { ...bearer(stage.world.userToken()), method }),
      ),
    ),
    refused(3, 'anybody reads what may be probed by HEAD', () => running.send('/probe')),
  ],
};
