import { Inject, Injectable } from '@nestjs/common';
import { type OwnState } from '../configuration/facts/own-state.js';
import { SERVER_FACTS, type ServerFacts } from '../configuration/facts/server-facts.js';
import { isDevelopment, mayHaveOtherInstances } from '../options/environment.js';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';
import { Posture } from './posture/posture.js';

const PACKAGES = 'such as that of nestjs-eie-redis or nestjs-eie-postgres';
/** What goes wrong between instances, and what mends it. */
const SHARE: Readonly<Record<OwnState | 'sessions', string>> = {
  replay: `what may be used once (DPoP proofs, Txn-Tokens of single use) is taken once by each instance: give ports.replay a store that all instances share, ${PACKAGES}`,
  revocation: `who is revoked at one instance goes on at the others, and everywhere after a restart: give ports.revocation a store that all instances share, ${PACKAGES}`,
  approvals: `an approval is known only to the instance that asked for it: give ports.approvals a store that all instances share, ${PACKAGES}`,
  requestState:
    'the next round of a call is refused where another instance gets it: give ports.requestState new EncryptedRequestStateStore(secret) with one secret for all instances, or a store that they share',
  nonces:
    'each instance refuses the DPoP nonces of the others: give authorization.proofOfPossession.nonces a { secret } that all instances have',
  signing:
    'each instance seals with a key of its own, which the JWK Set of another one does not have: give signing { keys: [private JWK] } or a signer',
  sessions:
    'a session of the 2025 protocol lives in the instance that opened it: have the load balancer send all requests with one mcp-session-id to one instance, and say so with sessions: "sticky" in the options of the route; or leave sessions out',
};

/** Checks that a server of several instances keeps nothing in one process that the others need. */
@Injectable()
export class InstancesCheck implements BootCheck {
  /** Which state is used depends on the handlers. */
  readonly isLast = true;

  constructor(
    @Inject(BootChecks) checks: BootChecks,
    @Inject(Posture) private readonly posture: Posture,
    @Inject(SERVER_FACTS) private readonly facts: Pick<ServerFacts, 'instances' | 'ownState'>,
  ) {
    checks.add(this);
  }

  problems(): BootProblem[] {
    if (this.facts.instances !== 'many') return [];
    return this.#unshared.map(name => ({ message: `ports.instances is "many", and ${SHARE[name]}.` }));
  }

  /** Where nobody has said how many instances there are, and the environment looks as if there were several. */
  warnings(): string[] {
    if (this.facts.instances !== null || isDevelopment() || !mayHaveOtherInstances()) return [];
    const unshared = this.#unshared;
    if (!unshared.length) return [];
    const reasons = unshared.map(name => SHARE[name].split(': ')[0]!);
    return [
      `This server may have several instances, and ${reasons.join('; ')}. Set ports.instances: "many", and the boot says how each is mended; or "one".`,
    ];
  }

  get #unshared(): (OwnState | 'sessions')[] {
    const served = this.posture.served();
    const routes = this.posture.routes();
    const used = this.facts.ownState.filter(
      name =>
        (name !== 'approvals' || served.some(({ entry }) => entry.approval)) &&
        (name !== 'requestState' || routes.some(route => route.served === 'EieMcpModule')),
    );
    return [...used, ...(routes.some(route => route.sessions === true) ? (['sessions'] as const) : [])];
  }
}
