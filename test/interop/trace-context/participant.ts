import { Controller, Get, Query } from '@nestjs/common';
import { Delegated, type DelegatedFetch, RequireScopes, type TargetOptions } from 'nestjs-eie';
import { startApp } from '../../support/app.js';
import { sendRaw, startLoopback } from '../../support/loopback.js';
import { startLyingIssuer } from '../../support/lying-issuer.js';
import { soundAnswers } from '../../support/sound-answers.js';
import { ORDERS, type World } from '../../support/world.js';
import { type TraceCase } from './trace-case.js';

type Lines = Record<'traceparent' | 'tracestate' | 'baggage', string[]>;

export interface Sent {
  /** Of each request that the target got: the lines of each header, as they came. */
  requests: Lines[];
  /** On the audit log. */
  traceId: string | null;
}

export interface Participant {
  send(request: Pick<TraceCase, 'headers' | 'calls' | 'target'>): Promise<Sent>;
  close(): Promise<void>;
}

@Controller('calls')
class CallsController {
  @Get()
  @RequireScopes('orders:read')
  async call(
    @Query() { target, calls }: { target: string; calls: string },
    @Delegated('internal') internal: DelegatedFetch,
    @Delegated('external') external: DelegatedFetch,
  ) {
    for (let i = 0; i < Number(calls); i++) await (target === 'external' ? external : internal)('/');
  }
}

/** An application behind the boundary whose handler calls a target, and the target. */
export async function startParticipant(): Promise<Participant> {
  const issuer = await startLyingIssuer();
  issuer.answer = soundAnswers(issuer);
  let requests: Lines[] = [];
  const api = await startLoopback(({ rawHeaders }, response) => {
    const lines = (name: string) => rawHeaders.filter((_, i) => rawHeaders[i - 1]?.toLowerCase() === name && i % 2);
    requests.push({ traceparent: lines('traceparent'), tracestate: lines('tracestate'), baggage: lines('baggage') });
    response.end('{}');
  });
  const internal: TargetOptions = {
    mode: 'on_behalf_of',
    baseUrl: api.url,
    issuer: issuer.issuerOptions.issuer,
    resource: ORDERS,
    scopes: ['orders:read'],
  };
  const targets = { internal, external: { ...internal, external: true } };
  const world = { issuerOptions: () => issuer.issuerOptions } as World;
  const app = await startApp(world, { controllers: [CallsController], options: { targets } });
  return {
    async send({ headers, calls = 1, target = 'internal' }) {
      requests = [];
      const authorization = ['Authorization', `Bearer ${await issuer.freshToken()}`];
      const lines = [...authorization, ...headers.flat()];
      const { status, body } = await sendRaw(`${app.url}/calls?target=${target}&calls=${calls}`, { headers: lines });
      if (status !== 200) throw new Error(`the call was answered with ${status}: ${body}`);
      return { requests, traceId: app.auditLog.last('execution.outcome').trace_id };
    },
    async close() {
      await app.close();
      await Promise.all([issuer.close(), api.close()]);
    },
  };
}
