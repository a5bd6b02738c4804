import { Buffer } from 'node:buffer';
import { skip, unmet } from '../outcome.mjs';
import { MCP } from '../references.mjs';
import { bearer } from '../subject.mjs';
import { MODERN } from '../wire/messages.mjs';

const ACCEPTED = { action: 'accept', content: {} };

/** The first round of a tool that asks back, and a function that sends the second. */
async function firstRound(subject) {
  if (!(await subject.eras()).includes(MODERN)) skip(`the server does not speak ${MODERN}`);
  const { capabilities = { elicitation: { form: {} } }, answers = {}, others = [], ...tool } = subject.tool('rounds');
  const own = bearer(await subject.tokens.of('valid'));
  const { outcome, response } = await subject.call(MODERN, tool, own, { options: { capabilities } });
  if (outcome !== 'asks') skip(`the tool "${tool.name}" does not ask for input: it ${outcome}`);
  const { requestState: state, inputRequests = {} } = response.result;
  if (state === undefined) skip(`the tool "${tool.name}" remembers nothing between its rounds`);
  const inputResponses = Object.fromEntries(Object.keys(inputRequests).map(key => [key, answers[key] ?? ACCEPTED]));
  const second = (requestState, credential = own, called = tool) =>
    subject.call(MODERN, called, credential, { options: { capabilities, params: { inputResponses, requestState } } });
  return {
    tool,
    others,
    state,
    second,
    isElicitation: Object.values(inputRequests).some(({ method }) => method === 'elicitation/create'),
  };
}

/** The second round works for the user who had the first; each check has a state of its own, which may be for one use. */
async function roundOf(subject) {
  const control = await firstRound(subject);
  const { outcome, answer } = await control.second(control.state);
  if (outcome !== 'ran')
    skip(`the second round does not work for its own user: ${answer.status}, and the tool ${outcome}`);
  return firstRound(subject);
}

const isTaken = ({ outcome }) => outcome === 'ran';

/** Edits in the middle, where both the content and its protection are. */
function tampered(state) {
  const middle = Math.floor(state.length / 2);
  const edited = index =>
    state.slice(0, index) + (state.startsWith('AAA', index) ? 'BBB' : 'AAA') + state.slice(index + 3);
  return {
    'a few letters': edited(middle),
    'a few others': edited(Math.floor(state.length / 4)),
    'first half': state.slice(0, middle),
    'made up': Buffer.from('{"step":"confirmed"}').toString('base64url'),
  };
}

export const checks = [
  {
    id: 'server-auth-request-state-cross-user',
    name: 'RequestStateBelongsToItsUser',
    level: 'SHOULD',
    description: 'The requestState of one user is refused to another; a MUST where it belongs to an elicitation',
    specReferences: [MCP.requestState, MCP.elicitation],
    async run(subject) {
      const { state, second, isElicitation } = await roundOf(subject);
      const answered = await second(state, bearer(await subject.tokens.of('secondUser')));
      if (isTaken(answered)) unmet('the tool went on for another user', { level: isElicitation ? 'MUST' : 'SHOULD' });
      return { status: answered.answer.status, outcome: answered.outcome };
    },
  },
  {
    id: 'server-auth-request-state-tampered',
    name: 'TamperedRequestStateRefused',
    level: 'MUST',
    description: 'A requestState that was changed, cut or made up is refused',
    specReferences: [MCP.requestState],
    async run(subject) {
      const { state, second } = await roundOf(subject);
      const answers = {};
      for (const [what, changed] of Object.entries(tampered(state))) answers[what] = (await second(changed)).outcome;
      const wrong = Object.entries(answers).filter(([, outcome]) => outcome === 'ran');
      if (wrong.length)
        unmet(`the tool went on with a state that was changed: ${wrong.map(([what]) => what).join(', ')}`, {
          details: { answers },
        });
      return { answers };
    },
  },
  {
    id: 'server-auth-request-state-other-request',
    name: 'RequestStateBelongsToItsRequest',
    level: 'SHOULD',
    description: 'A requestState is refused by another tool, and by the same with other arguments',
    specReferences: [MCP.requestState],
    async run(subject) {
      const { others } = await firstRound(subject);
      if (!others.length) skip('the config names no other requests that the state could be sent with');
      const answers = {};
      for (const other of others) {
        const { state, second } = await roundOf(subject);
        answers[`${other.name} ${JSON.stringify(other.arguments ?? {})}`] = (
          await second(state, undefined, other)
        ).outcome;
      }
      const wrong = Object.entries(answers).filter(([, outcome]) => outcome === 'ran');
      if (wrong.length) unmet(`it was taken by ${wrong.map(([what]) => what).join(', ')}`, { details: { answers } });
      return { answers };
    },
  },
];
