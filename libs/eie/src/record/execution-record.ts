import { type ExecutionContext } from '@nestjs/common';
import {
  type AdmittedIdentity,
  type Approval,
  type DelegationMode,
  EieError,
  type ExecutionIdentityEnvelope,
  type JobContent,
  type JobTerms,
} from 'execution-identity';
import { type JobSealing, keepBeside, keptBeside, type Recorded } from 'execution-identity/internal';
import { carrierOf } from './carrier.js';
import { type Execution } from './execution.js';
import { type CarriedSpan } from '../telemetry/carried.js';
import { NotedCalls } from './noted-calls.js';
import { Slot } from './slot.js';
import { Stops } from './stops.js';

/** One admitted request: an HTTP request, or a message on stdio. Its executions share its identity and its token. */
export class RequestRecord {
  /** Those that have an envelope and have not ended, in the order in which they got it. */
  readonly executions = new Set<ExecutionRecord>();
  /** When the last one ended: milliseconds of `performance.now()`. */
  lastEnd = -Infinity;
  /** Why its identity has ended while its answer was open. */
  ended?: EieError;
  /** Whether its response has closed: nobody waits for what is not begun yet. */
  isClosed = false;
  /** Its open answer, where the protocol of the route has words for an identity that has ended: `end` tells the client. */
  answer?: { end(refusal: EieError): void } | undefined;

  /** @param scheme by which the client has sent its token: challenges are in it */
  constructor(
    readonly admitted: AdmittedIdentity,
    readonly scheme: 'Bearer' | 'DPoP' = 'Bearer',
  ) {}
}

/** One execution, from the decision that allows it to its end. */
export class ExecutionRecord implements JobSealing {
  span?: CarriedSpan | undefined;
  /** Of what the model has sent. */
  argsDigest: string | null = null;
  /** Its intent, when it is on the audit log. */
  intent?: Recorded | undefined;
  /** Its outcome, when it is on the audit log. */
  outcome?: Recorded | undefined;
  /** Whether its guard has begun it before its pipeline, whose guard then lets it in once. */
  isAhead = false;
  /** Of a handler that needs one, before it has its envelope. */
  approval?: Approval;
  /** At the server that has admitted its identity by a token, or by a sealed job. */
  jobs?: { seal(record: ExecutionRecord, terms: JobTerms, job: JobContent): Promise<string> };
  /** The calls of targets that it has sent. */
  readonly calls = new NotedCalls();
  readonly stops = new Stops();
  #envelope?: ExecutionIdentityEnvelope;
  #mode: DelegationMode | undefined;
  #server: object | undefined;
  #startedAt?: number;
  #begun: Promise<Recorded> | undefined;
  #hasEntered = false;
  #hasEnded = false;
  #failure?: EieError;
  #thrown: unknown;
  #release: () => void = () => undefined;
  #deadline: NodeJS.Timeout | undefined;

  /**
   * @param request at the boundary; a receiver has none
   * @param resultOf makes the answer, or a promise of it, of what the handler returns, within the execution: where it throws, the execution has
   * failed
   */
  constructor(
    readonly execution: Execution,
    readonly request?: RequestRecord,
    readonly resultOf: (output: unknown) => unknown = output => output,
  ) {}

  /** Once the guard has given it one. */
  get envelope(): ExecutionIdentityEnvelope | undefined {
    return this.#envelope;
  }

  /** The mode that all targets of the handler share; `undefined` where it declares none or they differ. */
  get mode(): DelegationMode | undefined {
    return this.#mode;
  }

  /** Whether the guard of this server has given it its envelope. There may be several servers in a process. */
  isOf(server: object): boolean {
    return this.#server === server;
  }

  /** When it was started, as its intent was written to the audit log: milliseconds of `performance.now()`. */
  get startedAt(): number | undefined {
    return this.#startedAt;
  }

  /** Whether our interceptor has seen it: all guards have let it in. */
  get hasEntered(): boolean {
    return this.#hasEntered;
  }

  /** Nothing more is done in its identity. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Why it was refused or failed. Stored because the RPC exception filters of Nest replace the error before we respond. */
  get failure(): EieError | undefined {
    return this.#failure;
  }

  /** What its handler threw, before exception filters of the application have seen it. */
  get thrown(): unknown {
    return this.#thrown;
  }

  /** @param server the configuration of the server whose guard gives it the envelope: no other server may use it */
  identify(envelope: ExecutionIdentityEnvelope, mode: DelegationMode | undefined, server?: object): void {
    this.#envelope = envelope;
    this.#mode = mode;
    this.#server = server;
    keepBeside(envelope, this);
    this.request?.executions.add(this);
  }

  /** @param begun settles when its intent is on the audit log, or cannot be written */
  start(begun?: Promise<Recorded>): void {
    this.#startedAt = performance.now();
    this.#begun = begun;
  }

  /** Its intent; `undefined` where it has not started. */
  get begun(): Promise<Recorded> | undefined {
    return this.#begun;
  }

  enter(): void {
    this.#hasEntered = true;
  }

  /** @param release gives back, when it ends, its part of what its principal may run */
  hold(release: () => void): void {
    this.#release = release;
  }

  /** @param deadline a timer that ends it, which stops when it ends before: it would keep all that its request holds */
  limit(deadline: NodeJS.Timeout): void {
    if (this.#hasEnded) clearTimeout(deadline);
    else this.#deadline = deadline;
  }

  async sealJob(terms: JobTerms, job: JobContent): Promise<string> {
    if (!this.jobs) throw new EieError('job_unsealed');
    return this.jobs.seal(this, terms, job);
  }

  end(): void {
    this.#hasEnded = true;
    this.#release();
    if (this.#deadline) clearTimeout(this.#deadline);
    if (this.request?.executions.delete(this)) this.request.lastEnd = performance.now();
  }

  fail(failure: EieError): void {
    this.#failure = failure;
  }

  noteThrown(error: unknown): void {
    this.#thrown = error;
  }
}

/** A request whose messages have executions of their own carries its record; every other carrier carries the one of its execution. */
const carried = new Slot<RequestRecord | ExecutionRecord>();

/** @throws EieError `unsupported_context` for what can carry nothing: see {@link Slot.fill} */
export function carry(carrier: unknown, record: RequestRecord | ExecutionRecord): void {
  carried.fill(carrier, record);
}

/** The record of a request that was admitted at a route which dispatches. */
export function requestIn(carrier: unknown): RequestRecord | undefined {
  const record = carried.of(carrier);
  return record instanceof RequestRecord ? record : undefined;
}

/** The record of the execution that a context belongs to. */
export function recordIn(context: ExecutionContext): ExecutionRecord | undefined {
  const record = carried.of(carrierOf(context));
  return record instanceof ExecutionRecord ? record : undefined;
}

/** The record of the execution that an envelope was given to, in this process. */
export function recordOf(envelope: ExecutionIdentityEnvelope): ExecutionRecord | undefined {
  const kept = keptBeside(envelope);
  return kept instanceof ExecutionRecord ? kept : undefined;
}
