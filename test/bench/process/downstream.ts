import { Controller, Get, Param, type Type } from '@nestjs/common';
import {
  Authenticated,
  DelegatesTo,
  DelegationService,
  EieModule,
  type ExecutionIdentityEnvelope,
  Identity,
} from 'nestjs-eie';
import { BenchServer, type Measured } from '../load/bench-server.js';
import { type Contender } from '../load/rounds.js';
import { inTurn } from '../load/tokens.js';
import { type FarSideAbout } from './far-side.js';
import { injected } from './injected.js';
import { contendersOf, measure, type Prepared, type Setting } from './operation.js';
import { delegating, type TargetName } from './targets.js';

export const BARE = 'bare fetch';
export const BARE_TWIN = 'bare fetch, once more';
export const ON_BEHALF_OF = 'on_behalf_of, token cached';

/** Each with the target that it calls; without one it is a fetch without the library. */
const CACHED: readonly (readonly [name: string, target?: TargetName])[] = [
  [BARE],
  [BARE_TWIN],
  ['service_identity, token cached', 'billing_api'],
  [ON_BEHALF_OF, 'orders_api'],
  ['restricted_user, token cached', 'invoices_api'],
];
/** Also that which gets a token first. */
const ALL = [...CACHED, ['on_behalf_of, with an exchange', 'archive_api'] as const];

const AT_ONCE = 16;
const USERS = 200;
const FAR_SIDE = new URL('./far-side.ts', import.meta.url);
const PATH = '/orders/A-100';

/** One call of the API. */
type Call = () => Promise<unknown>;
/** What the handler does with its call. */
type Use = (call: Call) => Promise<unknown>;

/** Further calls of an execution: its Txn-Token is sealed. */
export const calls = (setting: Setting): Promise<Prepared> =>
  prepared(setting, (run, ms) =>
    CACHED.map(([name, target]) => ({
      name,
      async measure() {
        let measured: Measured | undefined;
        await run(target, async call => (measured = await measure({ run: call, inFlight: AT_ONCE }, ms)));
        return measured!;
      },
    })),
  );

/** Executions with one call each, by `app.inject()`: each has a Txn-Token of its own, which is sealed for it. */
export const executions = (setting: Setting): Promise<Prepared> =>
  prepared(setting, (run, ms) =>
    contendersOf(
      ms,
      ALL.map(([name, target]) => ({ name, inFlight: AT_ONCE, run: () => run(target, call => call()) })),
    ),
  );

/** Runs a handler as the next user. */
type Run = (target: TargetName | undefined, use: Use) => Promise<void>;

/** One application that calls an API. API and authorization server run on processor 1, in processes of their own. */
async function prepared(
  { keys, tokens, ms }: Setting,
  contenders: (run: Run, ms: number) => readonly Contender[],
): Promise<Prepared> {
  const [api, issuer] = await Promise.all(
    (['api', 'tokens'] as const).map(serves =>
      BenchServer.start(FAR_SIDE, { serves } satisfies FarSideAbout, { processor: 1 }),
    ),
  );
  const at = { api: `http://127.0.0.1:${api!.port}`, tokenEndpoint: `http://127.0.0.1:${issuer!.port}/token` };
  const uses = new Map<string, Use>();
  const app = await injected({
    imports: [EieModule.forRoot(delegating(keys, at))],
    controllers: [controllerOf(uses, bareFetch(`${at.api}${PATH}`, tokens[0]!))],
  });
  const users = inTurn(tokens.slice(0, USERS));
  let runs = 0;
  const run: Run = async (target, use) => {
    const id = String(runs++);
    uses.set(id, use);
    await app.get(`/run/${target ?? 'bare'}/${id}`, users());
    uses.delete(id);
  };
  return {
    contenders: contenders(run, ms),
    close: async () => {
      await app.close();
      await api!.close();
      await issuer!.close();
    },
  };
}

/** What a handler without the library does, with a token that it has. */
const bareFetch =
  (url: string, token: string): Call =>
  async () =>
    (await fetch(url, { headers: { authorization: `Bearer ${token}`, accept: 'application/json' } })).json();

function controllerOf(uses: ReadonlyMap<string, Use>, bare: Call): Type {
  @Controller('run')
  class RunController {
    constructor(private readonly delegation: DelegationService) {}

    @Get(':target/:id')
    @Authenticated()
    @DelegatesTo('billing_api', 'orders_api', 'invoices_api', 'archive_api')
    async run(
      @Param('target') target: string,
      @Param('id') id: string,
      @Identity() identity: ExecutionIdentityEnvelope,
    ) {
      const delegated = this.delegation.for(identity, target);
      await uses.get(id)!(target === 'bare' ? bare : () => delegated.json(PATH));
      return { done: true };
    }
  }
  return RunController;
}
