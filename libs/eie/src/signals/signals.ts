import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import {
  AuditLog,
  type Clock,
  type Diagnostics,
  EieConfigurationError,
  type EieError,
  ReplayStore,
} from 'execution-identity';
import { AuditRecorder, explained, secondsOf } from 'execution-identity/internal';
import { EieConfiguration, optionsOf } from '../configuration/eie-configuration.js';
import { isLookedAt } from '../configuration/looking.js';
import { EIE_CLOCK, EIE_DIAGNOSTICS } from '../configuration/ports.js';
import { type ServerOptions, ServerProfile } from '../configuration/server-profile.js';
import { keysOf } from '../issuers/issuer-keys.js';
import { partition } from '../options/issuer-source.js';
import { eventsPath, LOGOUT_PATH } from '../options/signal-defaults.js';
import { type EventSignalOptions, type LogoutSignalOptions } from '../options/signals.options.js';
import { IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { unaccompanied } from '../telemetry/without.js';
import { EventPoller } from './event-poller.js';
import { type Delivery, EVENT_SIGNAL, EventReceiver } from './event-receiver.js';
import { issuersOf, LOGOUT_SIGNAL, LogoutReceiver } from './logout-receiver.js';
import { SignalReceipts } from './signal-receipts.js';
import { signalRemedy } from './signal-remedies.js';

/** Seconds: a day, the longest lifetime of an access token unless an issuer is configured with a longer one. */
const DAY = 86_400;

/**
 * The receivers of signals from outside, as `signals` configures them, and the polls of transmitters. What it takes is verified, so it has no method that
 * takes a decision of other code.
 */
@Injectable()
export class Signals implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logout: LogoutReceiver | undefined;
  readonly #events: EventReceiver | undefined;
  readonly #pollers: readonly EventPoller[];

  constructor(
    @Inject(EieConfiguration) configuration: EieConfiguration<ServerOptions>,
    @Inject(ReplayStore) replays: ReplayStore,
    @Inject(IdentityRevocation) revocation: IdentityRevocation,
    @Inject(EIE_CLOCK) clock: Clock,
    @Inject(EIE_DIAGNOSTICS) diagnostics: Diagnostics,
    @Inject(ServerProfile) profile: ServerProfile,
    @Inject(AuditRecorder) private readonly audit: AuditRecorder,
    @Inject(AuditLog) private readonly log: AuditLog,
  ) {
    const options = optionsOf(configuration);
    const { logout, events } = options.authorization?.signals ?? {};
    const issuers = partition(options.issuers).configured;
    const fetcher = unaccompanied(options.ports?.fetch ?? fetch);
    const receipts = new SignalReceipts(replays, revocation, clock, diagnostics);
    assertMeant({ logout, events }, issuersOf(issuers, logout ?? {}), profile);
    this.#logout =
      logout &&
      new LogoutReceiver({
        options: logout,
        issuers,
        keysOf: issuer => keysOf(options).find(keys => keys.issuer === issuer && keys.verify === 'tokens')?.source,
        receipts,
        now: secondsOf(clock),
      });
    const maxAge = Math.max(DAY, ...issuers.map(({ maxLifetime = DAY }) => maxLifetime));
    const { transmitters = [] } = events ?? {};
    const receiver = new EventReceiver({ transmitters, receipts, maxAge, fetch: fetcher, clock, diagnostics });
    this.#events = events && receiver;
    this.#pollers = transmitters.flatMap(({ issuer, poll }) =>
      poll
        ? new EventPoller(issuer, poll, {
            fetch: fetcher,
            diagnostics,
            receive: (compact, jti) => receiver.receive(compact, { by: 'poll', from: issuer, jti }),
            refused: error => this.refused(EVENT_SIGNAL, error),
          })
        : [],
    );
  }

  /** Resolves when the purge holds. See {@link LogoutReceiver.receive}. */
  async logout(compact: string): Promise<void> {
    await this.#logout?.receive(compact);
  }

  /** Resolves when the purge holds. See {@link EventReceiver.receive}. */
  async event(compact: string, delivery: Delivery): Promise<void> {
    await this.#events?.receive(compact, delivery);
  }

  /** Records a refusal. @throws EieError `audit_unavailable` */
  async refused(signal: typeof LOGOUT_SIGNAL | typeof EVENT_SIGNAL, reason: EieError): Promise<void> {
    explained(reason, signalRemedy(signal, reason.code));
    await this.audit.record({ type: 'admission.refused', outcome: 'refused', subject: null, handler: signal, reason });
  }

  onApplicationBootstrap(): void {
    if (!isLookedAt(this.log)) for (const poller of this.#pollers) poller.start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.#pollers.map(poller => poller.stop()));
  }
}

/** @throws EieConfigurationError where what is configured could end nobody, or is ambiguous */
function assertMeant(
  { logout, events }: { logout: LogoutSignalOptions | undefined; events: EventSignalOptions | undefined },
  loggedOut: readonly string[],
  profile: ServerProfile,
): void {
  const problems: string[] = [];
  if (logout && !loggedOut.length)
    problems.push(
      'authorization.signals.logout takes logout tokens for no client: give an issuer a "client", or name them in authorization.signals.logout.clients.',
    );
  for (const issuer of Object.keys(logout?.clients ?? {}))
    if (!loggedOut.includes(issuer))
      problems.push(
        `authorization.signals.logout.clients names ${issuer}, which is no configured issuer, or lists no client of it.`,
      );
  const transmitters = events?.transmitters ?? [];
  for (const { issuer, issuers = [issuer], opaque } of transmitters)
    for (const one of [...issuers, ...(opaque === undefined ? [] : [opaque])])
      if (!profile.mayKnow(one))
        problems.push(
          `authorization.signals.events.transmitters: ${issuer} may end identities of ${one}, which is none of "issuers": name those that it may end as its "issuers".`,
        );
  if (new Set(transmitters.map(({ issuer }) => issuer)).size < transmitters.length)
    problems.push('authorization.signals.events.transmitters names one issuer twice.');
  if (logout && events && (logout.path ?? LOGOUT_PATH) === eventsPath(events))
    problems.push('authorization.signals.logout.path and authorization.signals.events.path must differ.');
  if (problems.length) throw new EieConfigurationError(problems.join('\n'));
}
