import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { EieConfigurationError, type PolicyEngineCheck } from 'execution-identity';
import { HandlerRegistry } from '../../authorization/handler-registry.js';
import { HandlerRoutes } from '../../authorization/handler-routes.js';
import { deepFreeze } from '../../configuration/deep-freeze.js';
import { SERVER_FACTS, type ServerFacts } from '../../configuration/facts/server-facts.js';
import { EIE_POLICY_ENGINE } from '../../configuration/ports.js';
import { ServerProfile } from '../../configuration/server-profile.js';
import { TargetRegistry } from '../../delegation/targets/target-registry.js';
import { type NestHandler, NestHandlers } from '../nest-handlers.js';
import { BodyParsers } from './body-parsers.js';
import { handlerFacts, inOrder, type ServedHandler } from './handler-facts.js';
import { canonical, sha256 } from './input-facts.js';
import { type PostureDocument, type Unproven } from './posture-document.js';
import { signingFacts } from './signing-facts.js';
import { unprovenOf } from './unproven.js';

/** What an optional part, such as a route of MCP, adds to the posture. It is asked after the boot checks. */
export interface PostureSource {
  served(): readonly ServedHandler[];
  route?(): PostureDocument['mcp'][number];
  unproven?(): readonly Unproven[];
}

/**
 * What this application allows, as one document: handlers and their policies, issuers, targets, switched-off safeguards, and what cannot be
 * proven. It is made once, after the boot checks, and holds no secret. Its hash is in the first audit record of the process.
 *
 * @example app.get(Posture).document.handlers.filter(({ policy }) => policy === 'public')
 */
@Injectable()
export class Posture {
  readonly #sources = new Set<PostureSource>();
  #document: PostureDocument | undefined;
  #text: string | undefined;

  constructor(
    @Inject(SERVER_FACTS) private readonly facts: ServerFacts,
    @Inject(ServerProfile) private readonly profile: ServerProfile,
    @Inject(TargetRegistry) private readonly targets: TargetRegistry,
    @Inject(NestHandlers) private readonly handlers: NestHandlers,
    @Inject(HandlerRegistry) private readonly registry: HandlerRegistry,
    @Inject(HandlerRoutes) private readonly paths: HandlerRoutes,
    @Inject(BodyParsers) private readonly parsers: BodyParsers,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(EIE_POLICY_ENGINE) private readonly engine: PolicyEngineCheck | undefined,
  ) {}

  /** @internal @throws EieConfigurationError once the document is made: what comes later would not be in it */
  add(source: PostureSource): void {
    if (this.#document)
      throw new EieConfigurationError('A handler was added after the posture of the application had been read.');
    this.#sources.add(source);
  }

  /** The document, frozen. Read it once the application is initialised: before, its handlers are not all known. */
  get document(): PostureDocument {
    return (this.#document ??= deepFreeze(this.#read()));
  }

  /** The document as canonical JSON: RFC 8785. */
  get text(): string {
    return (this.#text ??= canonical(this.document));
  }

  /** The SHA-256 of {@link text}, in hexadecimal: `posture_sha256` of the first audit record of the process. */
  get sha256(): string {
    return sha256(this.text);
  }

  /** @internal Every handler, as it is known now. */
  served(): ServedHandler[] {
    const { handlers } = this;
    const entryOf = ({ type, method }: NestHandler) => this.registry.entry(type, method)!;
    return [
      ...handlers.http().map(one => ({
        kind: 'http' as const,
        entry: entryOf(one),
        routes: this.paths.of(one.type, one.method).map(({ method, path }) => `${method} ${path}`),
      })),
      ...handlers.messages().map(one => ({ kind: 'message' as const, entry: entryOf(one), routes: [] })),
      ...handlers.others().map(one => ({ kind: one.kind, entry: entryOf(one), routes: [] })),
      ...[...this.#sources].flatMap(source => source.served()),
    ];
  }

  /** @internal The routes of MCP, as they are known now. */
  routes(): PostureDocument['mcp'] {
    return [...this.#sources].flatMap(source => source.route?.() ?? []);
  }

  #read(): PostureDocument {
    const { facts, profile, targets } = this;
    const sources = [...this.#sources];
    const handlers = this.served().map(one => handlerFacts(one, targets));
    const parsers = inOrder(this.parsers.found, ({ parser }) => parser);
    const ordered = inOrder(handlers, ({ kind, name, method, routes: at }) => JSON.stringify([kind, name, method, at]));
    return {
      schema: 'urn:nestjs-eie:posture:1',
      service: profile.recordedAs,
      resource: profile.resource,
      issuers: inOrder(facts.issuers, one => JSON.stringify(one)),
      trust: facts.trust,
      signals: facts.signals,
      handlers: ordered,
      routes: inOrder(
        profile.routes.map(({ method, path, access, reason }) => ({ method, path, access, reason })),
        ({ path, method }) => `${path} ${method}`,
      ),
      authorization: facts.authorization,
      proofOfPossession: facts.proofOfPossession,
      targets: inOrder(targets.facts, ({ name }) => name),
      mcp: inOrder(this.routes(), ({ path }) => path),
      limits: facts.limits,
      parsers,
      instances: { declared: facts.instances, ownState: facts.ownState },
      audit: facts.audit,
      ports: facts.ports,
      policyEngine: this.engine !== undefined,
      dangers: inOrder(facts.dangers, one => JSON.stringify(one)),
      unproven: inOrder(
        [
          ...unprovenOf(this.host, facts, { handlers, parsers }),
          ...sources.flatMap(source => source.unproven?.() ?? []),
        ],
        ({ what, why }) => `${what} ${why}`,
      ),
      deployment: signingFacts(facts.signing, profile.jwks),
    };
  }
}
