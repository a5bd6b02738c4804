import { canonicalJson } from '../canonical-json.js';
import { digest } from '../digest.js';
import { EieConfigurationError } from '../errors.js';
import { type Clock } from '../ports/clock.js';
import { type PolicyEngine } from './policy-engine.js';
import { type PolicyQuestion } from './policy-question.js';

export interface DecisionCacheOptions {
  /** Milliseconds for which a decision holds, from 1 to 300,000: a policy that changes has its effect this much later. */
  readonly lifetime: number;
  /** Decisions that are kept at most, the ones used last. Default 10,000. */
  readonly capacity?: number;
  /** Default: a clock that nobody sets. */
  readonly clock?: Clock;
}

interface Decision {
  readonly isAllowed: boolean;
  readonly until: number;
}

const [MAX_LIFETIME, CAPACITY, MAX_CAPACITY] = [300_000, 10_000, 1_000_000];

/**
 * Remembers what another engine has decided, for a short time. A decision is found again by the SHA-256 of the whole question without its
 * trace id, so that it holds for the same subject with the same rights, through the same agent, at the same handler, with the same arguments.
 * A failure is never remembered.
 *
 * A revocation drops nothing here and needs not: revocation, expiry and the requirements of a handler are checked at each call before a
 * policy engine is asked.
 *
 * @throws EieConfigurationError at its construction, for a wrong option
 * @example new CachedPolicyEngine(new AuthZenPolicyEngine({ url }), { lifetime: 5_000 })
 */
export class CachedPolicyEngine implements PolicyEngine {
  readonly #engine: PolicyEngine;
  readonly #lifetime: number;
  readonly #capacity: number;
  readonly #clock: Clock;
  /** The one used last stands last. */
  readonly #decisions = new Map<string, Decision>();
  declare readonly deadline?: number;

  constructor(
    engine: PolicyEngine,
    { lifetime, capacity = CAPACITY, clock = () => performance.now() }: DecisionCacheOptions,
  ) {
    assertWithin('lifetime', lifetime, MAX_LIFETIME);
    assertWithin('capacity', capacity, MAX_CAPACITY);
    this.#engine = engine;
    this.#lifetime = lifetime;
    this.#capacity = capacity;
    this.#clock = clock;
    if (engine.deadline !== undefined) this.deadline = engine.deadline;
  }

  async allows(question: PolicyQuestion, signal: AbortSignal): Promise<boolean> {
    const key = keyOf(question);
    return this.#find(key) ?? this.#keep(key, await this.#engine.allows(question, signal));
  }

  async allowsEach(questions: readonly PolicyQuestion[], signal: AbortSignal): Promise<readonly boolean[]> {
    const keys = questions.map(keyOf);
    const known = keys.map(key => this.#find(key));
    const open = questions.filter((_question, i) => known[i] === undefined);
    const answers = [...(open.length ? await this.#ask(open, signal) : [])];
    if (answers.length !== open.length) throw new TypeError('There is not one answer for each question.');
    return known.map((one, i) => one ?? this.#keep(keys[i], answers.shift()!));
  }

  #ask(questions: readonly PolicyQuestion[], signal: AbortSignal): Promise<readonly boolean[]> {
    return (
      this.#engine.allowsEach?.(questions, signal) ??
      Promise.all(questions.map(question => this.#engine.allows(question, signal)))
    );
  }

  #find(key: string | undefined): boolean | undefined {
    if (key === undefined) return undefined;
    const decision = this.#decisions.get(key);
    if (!decision) return undefined;
    this.#decisions.delete(key);
    if (decision.until <= this.#clock()) return undefined;
    this.#decisions.set(key, decision);
    return decision.isAllowed;
  }

  /** Only what is a decision is remembered. */
  #keep(key: string | undefined, answer: boolean): boolean {
    if (key === undefined || typeof answer !== 'boolean') return answer;
    this.#decisions.delete(key);
    this.#decisions.set(key, { isAllowed: answer, until: this.#clock() + this.#lifetime });
    if (this.#decisions.size > this.#capacity) this.#decisions.delete(this.#decisions.keys().next().value!);
    return answer;
  }
}

/** `undefined` for what is nested too deep: it is asked each time. */
function keyOf(question: PolicyQuestion): string | undefined {
  const { trace_id: _, ...context } = question.context;
  const text = canonicalJson({ ...question, context });
  return text && digest(text);
}

function assertWithin(option: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new EieConfigurationError(
    `CachedPolicyEngine: ${option} must be a whole number from 1 to ${most.toLocaleString('en')}.`,
  );
}
