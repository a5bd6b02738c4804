import { Controller, Get, Post } from '@nestjs/common';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  type ExecutionIdentityEnvelope,
  Identity,
  type IssuerOptions,
  type TargetOptions,
} from 'nestjs-eie';
import { startApp, type TestApp } from '../../support/app.js';
import { sendRaw } from '../../support/loopback.js';
import { type World } from '../../support/world.js';
import { type Caller } from './fixture.js';

@Controller('me')
class Me {
  @Get()
  @Authenticated()
  show(@Identity() { actor: { type, sub, tenant }, agent, authorization }: ExecutionIdentityEnvelope): Caller {
    const { scopes, roles } = authorization;
    return {
      type,
      sub,
      client: agent.client_id,
      scopes: [...scopes],
      ...(roles && { roles: [...roles] }),
      tenant: tenant!,
    };
  }
}

@Controller('api')
class Api {
  @Post()
  @Authenticated()
  async call(@Delegated('api') api: DelegatedFetch) {
    return { status: (await api('/')).status };
  }
}

/** A Nest application behind one provider, whose hosts answer as documented and nothing else. */
export interface ProviderApp {
  /** The caller as the handler saw it, or the code of the refusal. */
  present(token: string): Promise<Caller | string>;
  /** Calls an API behind this application in the identity of the caller. */
  delegate(token: string): Promise<void>;
  close(): Promise<void>;
}

interface Setup {
  issuer: IssuerOptions;
  /** What the hosts of the provider answer, by URL. */
  hosts: Record<string, (body: string) => object>;
  target?: TargetOptions;
}

export async function startProviderApp({ issuer, hosts, target }: Setup): Promise<ProviderApp> {
  const app: TestApp = await startApp(NOWHERE, {
    controllers: target ? [Me, Api] : [Me],
    options: { issuers: [issuer], ...(target && { targets: { api: target } }), ports: { fetch: answering(hosts) } },
  });
  const header = issuerHeader(issuer);
  const send = (method: string, path: string, token: string) =>
    sendRaw(`${app.url}${path}`, { method, headers: header(token) });
  return {
    async present(token) {
      const { status, body } = await send('GET', '/me', token);
      return status === 200 ? (JSON.parse(body) as Caller) : String(app.auditLog.events.at(-1)?.reason);
    },
    delegate: async token => void (await send('POST', '/api', token)),
    close: () => app.close(),
  };
}

/** The application brings its issuer, so that it needs no authorization server of the shop. */
const NOWHERE = { issuerOptions: () => undefined } as unknown as World;

const issuerHeader =
  (issuer: IssuerOptions) =>
  (token: string): string[] => {
    const { name, scheme } = issuer.tokenHeader ?? { name: 'Authorization', scheme: 'Bearer' };
    return [name, scheme === undefined ? token : `${scheme} ${token}`];
  };

/** Nothing leaves the machine: what no host of the provider answers is not there. */
function answering(hosts: Setup['hosts']): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const answer = hosts[request.url];
    if (!answer) return new Response('', { status: 404 });
    return Response.json(answer(await request.text()));
  };
}
