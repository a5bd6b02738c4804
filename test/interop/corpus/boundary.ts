import 'reflect-metadata';
import { Controller, Get } from '@nestjs/common';
import { wireOf } from 'execution-identity';
import { Authenticated, Identity } from 'nestjs-eie';
import { type Adapter, startApp } from '../../support/app.js';
import { sendRaw } from '../../support/loopback.js';
import { type World } from '../../support/world.js';
import { type Verdict } from './core.js';
import { CONFIGURED, configuredKeys, optionsOf } from './issuers.js';
import { loopbackFetch } from './issuer-server.js';
import { type Prepared } from './prepared.js';
import { MCP, NOW } from './rules/genuine.js';

@Controller('who')
class Who {
  @Get()
  @Authenticated()
  who(@Identity('actor.sub') sub: string) {
    return { sub };
  }
}

export interface BoundaryApp {
  /** What comes of a case that is sent over HTTP: the reason is read from the audit log, and the status must be that of the reason. */
  verdict(prepared: Prepared): Promise<Verdict>;
  close(): Promise<void>;
}

/** An application on Nest that knows the configured issuers, and those of these cases. */
export async function startBoundary(adapter: Adapter, prepared: readonly Prepared[]): Promise<BoundaryApp> {
  const configured = (Object.keys(CONFIGURED) as (keyof typeof CONFIGURED)[]).map(name =>
    optionsOf(name, CONFIGURED[name].issuer, { jwks: configuredKeys(name) }),
  );
  const own = prepared.flatMap(({ case: { metadata }, own: issuer }) =>
    issuer ? [optionsOf('own', issuer.issuer, { jwksUri: metadata ? 'discovery' : issuer.jwksUri })] : [],
  );
  const app = await startApp({ issuerOptions: () => undefined } as unknown as World, {
    adapter,
    controllers: [Who],
    options: {
      resource: MCP,
      issuers: [...configured, ...own],
      ports: { clock: () => NOW * 1000, fetch: loopbackFetch },
    },
  });
  return {
    async verdict({ headers }) {
      const before = app.auditLog.events.length;
      const { status } = await sendRaw(`${app.url}/who`, { headers: [...headers] });
      const records = app.auditLog.events.slice(before);
      if (status === 200) return 'accepted';
      const refusal = records.find(({ type }) => type === 'admission.refused');
      const reason = refusal?.reason;
      if (!reason) return `status ${status} without a record`;
      return wireOf(reason as never).status === status ? reason : `${reason} with status ${status}`;
    },
    close: () => app.close(),
  };
}
