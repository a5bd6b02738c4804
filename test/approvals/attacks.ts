import { randomBytes } from 'node:crypto';
import { type By, type Input, type Round, type Shop } from './shop.js';
import { type Tally } from './tally.js';

const YES = { approve: { action: 'accept', content: { approve: true } } };
const NO = { approve: { action: 'decline' } };
/** Another user of the same tenant, by another client. */
export const APPROVER: By = { sub: 'user-2', clientId: 'assistant' };
const OTHERS: By[] = [
  { sub: 'user-0' },
  { claims: { tenant: 'globex' } },
  { clientId: 'assistant' },
  { claims: { act: { sub: 'agent-other' } } },
  { claims: { act: { sub: 'agent-other', act: { sub: 'agent-desk-copilot' } } } },
];
export const ALICE = 'alice acme desk-copilot agent-desk-copilot';

const paid = (order: string): Input => ({ order, amount: 120, note: 'as agreed' });
const changed = ({ order, amount }: Input): Input[] => [
  { order, amount: 1200, note: 'as agreed' },
  { order: `${String(order)} `, amount, note: 'as agreed' },
  { order, amount },
  { order, amount, note: 'as agreed\u0000' },
  { order, amount: -120, note: 'as agreed' },
];

async function asked(shop: Shop, input: Input, tool = 'refund'): Promise<Round> {
  const { result } = await shop.call(tool, input);
  if (typeof result?.requestState !== 'string') throw new Error(`nobody was asked: ${JSON.stringify(result)}`);
  return { requestState: result.requestState, inputResponses: YES };
}

export async function waiting(shop: Shop, input: Input): Promise<string> {
  const { result } = await shop.call('transfer', input);
  const id: unknown = result?.structuredContent?.approval_id;
  if (typeof id !== 'string') throw new Error(`nobody was asked: ${JSON.stringify(result)}`);
  return id;
}

/** Approvals that a client asks its user for. */
export async function attackStates(shop: Shop, tally: Tally, name: string): Promise<void> {
  const attack = async (tool: string, input: Input, by: By, round: Round): Promise<void> => {
    tally.attacks++;
    await shop.call(tool, input, by, round);
  };
  // Substituted.
  for (const [i, other] of changed(paid(name)).entries()) {
    const input = paid(`${name} changed ${i}`);
    const round = await asked(shop, input);
    await attack('refund', { ...other, order: `${String(other.order)} changed ${i}` }, {}, round);
  }
  const first = paid(`${name} other tool`);
  await attack('credit', first, {}, await asked(shop, first));
  // Swapped between users, tenants, clients and agents; then replayed.
  const input = paid(name);
  const round = await asked(shop, input);
  const state = String(round.requestState);
  for (const by of OTHERS) await attack('refund', input, by, round);
  // Forged.
  const [head, ...tail] = state.split('.');
  for (const requestState of [
    `${state.slice(0, 40)}${state[40] === 'A' ? 'B' : 'A'}${state.slice(41)}`,
    state.slice(0, -4),
    [head, ...tail.slice(0, -1), randomBytes(16).toString('base64url')].join('.'),
    randomBytes(200).toString('base64url'),
    Buffer.from(JSON.stringify({ approval: { asked: randomBytes(24).toString('base64url') } })).toString('base64url'),
  ])
    await attack('refund', input, {}, { ...round, requestState });
  await attack('refund', input, {}, { inputResponses: YES });
  tally.allow('refund', ALICE, input);
  await shop.call('refund', input, {}, round);
  for (let i = 0; i < 3; i++) await attack('refund', input, {}, round);
  // Re-ordered: the answer to one question with the call of another one.
  const [one, two] = [paid(`${name} one`), paid(`${name} two`)];
  const [ofOne, ofTwo] = [await asked(shop, one), await asked(shop, two)];
  await attack('refund', one, {}, ofTwo);
  await attack('refund', two, {}, ofOne);
  // Denied, and then claimed.
  const denied = paid(`${name} denied`);
  const no = await asked(shop, denied);
  await shop.call('refund', denied, {}, { ...no, inputResponses: NO });
  for (let i = 0; i < 2; i++) await attack('refund', denied, {}, no);
}

/** Approvals that another person gives elsewhere. */
export async function attackWaiting(shop: Shop, tally: Tally, name: string): Promise<void> {
  const attack = async (what: Promise<unknown>): Promise<void> => {
    tally.attacks++;
    await what;
  };
  const input = paid(name);
  const id = await waiting(shop, input);
  await attack(shop.call('transfer', input));
  // By whom it must not be given, and one that is guessed.
  const approvers: By[] = [
    {},
    { clientId: 'assistant' },
    { sub: 'user-2' },
    { ...APPROVER, claims: { act: { sub: 'agent-desk-copilot' } } },
    { ...APPROVER, claims: { act: { sub: 'agent-other', act: { sub: 'agent-desk-copilot' } } } },
    { ...APPROVER, claims: { tenant: 'globex' } },
  ];
  for (const by of approvers) await attack(shop.approve(id, by));
  await attack(shop.approve(randomBytes(24).toString('base64url'), APPROVER));
  await attack(shop.call('transfer', input));
  if ((await shop.approve(id, APPROVER)) !== 201) tally.failures.push(`${name} could not be approved`);
  for (const other of changed(input)) await attack(shop.call('transfer', other));
  await attack(shop.call('payout', input));
  for (const by of OTHERS) await attack(shop.call('transfer', input, by));
  tally.allow('transfer', ALICE, input);
  await shop.call('transfer', input);
  for (let i = 0; i < 3; i++) await attack(shop.call('transfer', input));
  await attack(shop.approve(id, APPROVER));
}

/** Approvals that nobody used in time. @returns the attacks, for when their time is over */
export async function prepareLate(shop: Shop, tally: Tally, name: string): Promise<() => Promise<void>> {
  const [late, later] = [paid(`${name} late`), paid(`${name} later`)];
  const round = await asked(shop, late);
  const id = await waiting(shop, later);
  await shop.approve(id, APPROVER);
  return async () => {
    tally.attacks += 3;
    await shop.call('refund', late, {}, round);
    await shop.call('transfer', later);
    await shop.approve(id, APPROVER);
  };
}

/** Many calls at the same time with one approval, at both servers. @returns how often it ran by its answers */
export async function race(shop: Shop, tally: Tally, name: string, calls: number): Promise<number> {
  const inBand = name.endsWith('state');
  const input = paid(name);
  const tool = inBand ? 'refund' : 'transfer';
  const round = inBand ? await asked(shop, input) : {};
  if (!inBand) await shop.approve(await waiting(shop, input), APPROVER);
  tally.allow(tool, ALICE, input);
  tally.attacks += calls - 1;
  const answers = await Promise.all(Array.from({ length: calls }, () => shop.call(tool, input, {}, round)));
  return answers.filter(({ result }) => result?.content?.[0]?.text === 'done').length;
}
