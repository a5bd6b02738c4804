import { type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { connect } from 'node:http2';
import { request as requestHttps } from 'node:https';
import { Controller, Get } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  Authenticated,
  EieModule,
  type EieOptions,
  Identity,
  type ProofOfPossessionOptions,
  RequireScopes,
} from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { type Adapter, RecordingLog } from '../../support/app.js';
import { type Certificate, makeCertificate } from '../../support/certificates.js';
import { type Issuer, RESOURCE } from './issuer.js';

@Controller()
class MeController {
  @Get('me')
  @Authenticated()
  me(@Identity('actor.sub') sub: string) {
    return sub;
  }

  @Get('orders')
  @RequireScopes('orders:write')
  orders(): string {
    return '';
  }
}

@ToolController()
class Tools {
  @Tool({ name: 'whoami' })
  @Authenticated()
  whoami(@Identity('actor.sub') sub: string) {
    return { sub };
  }
}

export interface SiteRequest {
  /** The request target as it is sent. */
  readonly target?: string;
  readonly method?: string;
  /** Name after name, as they are sent. */
  readonly headers?: readonly string[];
  readonly body?: string;
  /** That the client proves in the TLS handshake. */
  readonly certificate?: Certificate | undefined;
}

export interface SiteAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Why it was refused, by the audit log. */
  readonly reason: string | null | undefined;
}

/** A Nest application on the loopback interface. */
export interface Site {
  readonly url: string;
  send(request: SiteRequest): Promise<SiteAnswer>;
  close(): Promise<void>;
}

const POSSESSION = {
  plain: {},
  prefixed: { publicUrl: 'https://example.com/shop' },
  nonces: { nonces: true },
  proxied: { clientCertificate: { header: 'Client-Cert', proxies: ['10.0.0.0/8', '127.0.0.1'] } },
  'proxied from elsewhere': { clientCertificate: { header: 'Client-Cert', proxies: ['10.0.0.0/8', '::1'] } },
  tls: {},
  required: {},
  http2: {},
} satisfies Record<string, ProofOfPossessionOptions>;
export type SiteName = keyof typeof POSSESSION;
export const SITES = Object.keys(POSSESSION) as SiteName[];

const server = makeCertificate('localhost');

/** An application as one kind of operator configures it. */
export async function startSite(name: SiteName, adapter: Adapter, issuer: Issuer): Promise<Site> {
  const log = new RecordingLog();
  const options: EieOptions = {
    resource: RESOURCE,
    issuers: [{ ...issuer.options, ...(name === 'required' && { dpop: 'required' }) }],
    audit: { log },
    authorization: { proofOfPossession: POSSESSION[name] },
  };
  const module = await Test.createTestingModule({
    imports: [EieModule.forRoot(options), EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' })],
    controllers: [MeController],
    providers: [Tools],
  })
    .setLogger(false as never)
    .compile();
  // Any certificate will do for the handshake: which one a token needs is not a question of who has issued it.
  const https =
    name === 'tls' ? { key: server.key, cert: server.cert, requestCert: true, rejectUnauthorized: false } : null;
  const fastify = new FastifyAdapter({ ...(https && { https }), ...(name === 'http2' && { http2: true }) } as object);
  const app = module.createNestApplication(adapter === 'express' ? new ExpressAdapter() : (fastify as never), {
    logger: false,
    ...(https && { httpsOptions: https }),
  });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const transport = name === 'http2' ? sendHttp2 : sendHttp1;
  return {
    url,
    async send(request) {
      const answer = await transport(url, request);
      return { ...answer, reason: log.events.at(-1)?.reason };
    },
    close: () => app.close(),
  };
}

type Sent = Omit<SiteAnswer, 'reason'>;

function sendHttp1(
  url: string,
  { target = '/me', method = 'GET', headers = [], body, certificate }: SiteRequest,
): Promise<Sent> {
  const { host, hostname, port } = new URL(url);
  const tls = { ca: server.cert, servername: 'localhost', key: certificate?.key, cert: certificate?.cert };
  const isTls = url.startsWith('https:');
  return new Promise((resolve, reject) => {
    const all = ['Host', host, ...headers];
    const options = { hostname, port, method, path: target, headers: all, agent: false, ...(isTls && tls) };
    const sent = (isTls ? requestHttps : requestHttp)(options, response => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: text }));
    });
    sent.on('error', reject).end(body);
  });
}

function sendHttp2(url: string, { target = '/me', method = 'GET', headers = [], body }: SiteRequest): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const client = connect(url);
    client.on('error', reject);
    const fields = Object.fromEntries(
      headers.flatMap((value, i) => (i % 2 ? [[headers[i - 1]!.toLowerCase(), value]] : [])),
    );
    const request = client.request({ ':path': target, ':method': method, ...fields });
    let [received, text] = [{} as IncomingHttpHeaders, ''];
    request.on('response', answer => (received = answer));
    request.on('error', reject);
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      client.close();
      resolve({ status: Number((received as Record<string, unknown>)[':status']), headers: received, body: text });
    });
    request.end(body);
  });
}
