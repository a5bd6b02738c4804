import { types } from 'node:util';
import {
  type AdmittedIdentity,
  EieConfigurationError,
  EieError,
  type IssuerPolicy,
  type RegisteredAgent,
} from 'execution-identity';
import {
  compositeKey,
  errorName,
  isConfigured,
  secondsOf,
  shareHolder,
  STORE_DEADLINE,
  withinDeadline,
} from 'execution-identity/internal';
import { type AgentQuestion, type AgentSource } from '../options/agent-source.js';
import { AgentOptions } from '../options/ceiling.options.js';
import { type PortsOptions } from '../options/process.options.js';
import { readOptions } from '../options/read-options.js';
import { oneLine, SourceAnswers } from './source-answers.js';

type Question = Omit<AgentQuestion, 'signal'>;
type Found = readonly RegisteredAgent[];

const NOTHING: Found = Object.freeze([]);

/** What the agent source of one server says of agents and clients that are not in its configuration. */
export class AgentDirectory {
  readonly #source: AgentSource | undefined;
  readonly #answers: SourceAnswers<RegisteredAgent>;

  constructor({ agents, clock = Date.now }: Pick<PortsOptions, 'clock'> & { readonly agents?: AgentSource }) {
    this.#source = agents;
    this.#answers = new SourceAnswers(secondsOf(clock));
  }

  /**
   * What limits an identity beside the configuration: the entry of its agent, and that of its client, which an agent that `act` names does not shed.
   *
   * @returns nothing to wait for where no source is asked, or its last answers are fresh
   * @throws EieError `agents_unavailable` when the source fails, is late or gives no agent; `limit_reached`
   */
  find(identity: AdmittedIdentity, policy: IssuerPolicy): Promise<Found> | Found {
    const source = this.#source;
    if (!source) return NOTHING;
    const questions = questionsAbout(identity, policy);
    if (!questions.length) return NOTHING;
    const holder = shareHolder(identity);
    const answers = questions.map(question => {
      const key = compositeKey(question.issuer, question.clientId, question.agent, question.tenant);
      return this.#answers.find(key, () => ask(source, question), holder);
    });
    return answers.some(types.isPromise)
      ? Promise.all(answers.map(answer => Promise.resolve(answer))).then(given)
      : given(answers as Answer[]);
  }
}

type Answer = RegisteredAgent | undefined;

const given = (answers: readonly Answer[]): Found => answers.filter(answer => answer !== undefined);

/** The agent, where the token names one, and the client: each where the configuration has no entry for it. */
function questionsAbout({ actor, agent }: AdmittedIdentity, policy: IssuerPolicy): readonly Question[] {
  const { issuer, tenant } = actor;
  const ofClient = { issuer, clientId: agent.client_id, ...(tenant !== undefined && { tenant }) };
  // An agent of another issuer is in no registry of this one.
  const isAsked = agent.source !== 'client' && agent.issuer === issuer && !isConfigured(agent, policy);
  return [
    ...(isAsked ? [{ ...ofClient, agent: agent.id }] : []),
    ...(policy.agents.has(agent.client_id) ? [] : [ofClient]),
  ];
}

async function ask(source: AgentSource, question: Question): Promise<RegisteredAgent | undefined> {
  const { issuer } = question;
  try {
    const found = await withinDeadline(STORE_DEADLINE, signal => source.find({ ...question, signal }));
    return found && readOptions(AgentOptions, found, 'AgentSource');
  } catch (error) {
    const about = { issuer, claim: 'ports.agents', status: errorName(error) };
    const fix =
      error instanceof EieConfigurationError
        ? oneLine(error.message)
        : `See whether the agent source answers within ${STORE_DEADLINE} ms and does not throw.`;
    throw new EieError('agents_unavailable', { finding: { ...about, fix } });
  }
}
