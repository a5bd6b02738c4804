import { bearer, call } from './caller.js';
import { type Replicas } from './start-replicas.js';

const CALLS = 100;
const YES = { approve: { action: 'accept', content: { approve: true } } };

/** One approval after the other, each redeemed by a hundred calls at the same time, by way of the balancer. */
export async function raceApprovals(replicas: Replicas, sub: string, races: number) {
  const { url } = replicas;
  const authorization = bearer(replicas.token(sub));
  let [approvals, notRun] = [0, 0];
  for (; approvals < races; approvals++) {
    const input = { order: `race ${approvals}` };
    const { state } = await call(url, authorization, { name: 'probe_payment', input });
    const round = { requestState: state, inputResponses: YES };
    await Promise.all(
      Array.from({ length: CALLS }, () => call(url, authorization, { name: 'probe_payment', input, round })),
    );
  }
  const runs = (await Promise.all(replicas.instances.map(one => one.runs()))).flat();
  const counts = new Map<string, number>();
  for (const [what] of runs) counts.set(what, (counts.get(what) ?? 0) + 1);
  for (let i = 0; i < races; i++) if (!counts.get(`race ${i}`)) notRun++;
  return { approvals, redeemedTwice: [...counts.values()].filter(count => count > 1).length, notRun };
}
