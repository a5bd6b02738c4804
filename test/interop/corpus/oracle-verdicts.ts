import { type Disagreement, expected } from './corpus.js';
import { ORACLES } from './oracles.js';
import { type Prepared } from './prepared.js';

/** `jose accepts aud/list-with-another`: what an oracle says that the corpus does not. */
export async function disagreements(prepared: readonly Prepared[]): Promise<string[]> {
  const found: string[] = [];
  for (const [name, oracle] of Object.entries(ORACLES))
    for (const one of prepared) {
      const accepts = await oracle(one);
      if (accepts !== undefined && accepts !== (expected(one.case) === 'accepted'))
        found.push(`${name} ${accepts ? 'accepts' : 'refuses'} ${one.case.id}`);
    }
  return found;
}

/** Disagreements without a reason, and reasons for disagreements that are none. */
export function unexplained(found: readonly string[], reasons: readonly Disagreement[]): string[] {
  const written = reasons
    .filter(({ reason }) => reason.length > 20)
    .flatMap(({ oracle, rule, verdict, cases }) => cases.map(name => `${oracle} ${verdict} ${rule}/${name}`));
  return [
    ...found.filter(one => !written.includes(one)).map(one => `${one}, and no reason is written`),
    ...written.filter(one => !found.includes(one)).map(one => `no longer: ${one}`),
    ...written.filter((one, i) => written.indexOf(one) !== i).map(one => `two reasons: ${one}`),
  ];
}
