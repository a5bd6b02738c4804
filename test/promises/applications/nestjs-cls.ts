import { Controller, Get, Injectable } from '@nestjs/common';
import { ClsModule, ClsService } from 'nestjs-cls';
import { Authenticated, Identity } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, viewsOf } from '../parts.js';

let stage: Stage;

/** A repository that finds what it needs in the store of the request, however deep it is called. */
@Injectable()
class NotesRepository {
  constructor(private readonly cls: ClsService) {}

  find() {
    stage.see('in the store of nestjs-cls', viewsOf(this.cls.get<object>('request')));
    return `notes of ${this.cls.get<string>('tenant')}, request ${this.cls.getId() ? 'known' : 'unknown'}`;
  }
}

@Controller('notes')
class NotesController {
  constructor(
    private readonly cls: ClsService,
    private readonly notes: NotesRepository,
  ) {}

  @Get()
  @Authenticated()
  list(@Identity('actor.tenant') tenant: string) {
    this.cls.set('tenant', tenant);
    return this.notes.find();
  }
}

export const application: Application = {
  name: 'a store for each request by nestjs-cls, which keeps the request',
  async start(given) {
    stage = given;
    return startAccounts(stage, {
      imports: [
        ClsModule.forRoot({
          global: true,
          middleware: {
            mount: true,
            generateId: true,
            setup(cls, request: object) {
              stage.see('by the middleware of nestjs-cls', viewsOf(request));
              cls.set('request', request);
            },
          },
        }),
      ],
      controllers: [NotesController],
      providers: [NotesRepository],
    });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    answers(
      'a user reads the notes of its tenant',
      () => running.send('/notes', bearer(given.world.userToken())),
      'notes of acme, request known',
    ),
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    {
      promise: 2,
      name: 'users who call at the same time get what belongs to another one',
      async run() {
        const calls = Array.from({ length: 20 }, async (_, i) => {
          const sub = `user-${i % 10}`;
          const { text } = await running.send('/accounts/me', bearer(given.world.userToken({ sub })));
          return text === sub ? undefined : `${sub} got ${text}`;
        });
        return (await Promise.all(calls)).find(crossed => crossed !== undefined);
      },
    },
  ],
};
