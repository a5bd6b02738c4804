import { ADAPTERS } from '../../support/app.js';
import { startBoundary } from './boundary.js';
import { Core, type Verdict } from './core.js';
import { expected, explained, keptCases } from './corpus.js';
import { disagreements, unexplained } from './oracle-verdicts.js';
import { startIssuers } from './issuer-server.js';
import { type Prepared, prepare } from './prepared.js';

export interface CorpusReport {
  readonly legal: number;
  readonly refusedLegal: number;
  readonly illegal: number;
  readonly acceptedIllegal: number;
  /** Cases of which two ways in say different things, or that are refused for another reason than the one that is written. */
  readonly unequalVerdicts: number;
  /** Disagreements with the oracles without a written reason, and written reasons that no longer hold. */
  readonly oracleDisagreements: number;
  /** Each fault in a line. */
  readonly faults: readonly string[];
}

/** In the quick form, one case of so many goes over HTTP, on Express alone. */
const SAMPLE = 4;

interface Seen {
  readonly prepared: Prepared;
  /** By the way in: `core`, `configured keys`, `express`, `fastify`. */
  readonly verdicts: Map<string, Verdict>;
}

/** Runs the corpus: through `execution-identity` alone, through the Nest boundary over HTTP, and through the oracles. */
export async function corpusReport({ isQuick = false } = {}): Promise<CorpusReport> {
  const server = await startIssuers();
  try {
    const seen = keptCases().map(one => ({ prepared: prepare(one, server), verdicts: new Map<string, Verdict>() }));
    await throughCore(seen);
    const sent = isQuick ? seen.filter((_one, i) => i % SAMPLE === 0) : seen;
    for (const adapter of ADAPTERS.slice(0, isQuick ? 1 : undefined)) await throughBoundary(adapter, sent);
    return reportOf(seen, await disagreements(seen.map(({ prepared }) => prepared)));
  } finally {
    await server.close();
  }
}

async function throughCore(seen: readonly Seen[]): Promise<void> {
  const core = new Core();
  for (const { prepared, verdicts } of seen) {
    verdicts.set('core', await core.verdict(prepared));
    const configured = await core.verdictOfConfiguredKeys(prepared);
    if (configured !== undefined) verdicts.set('configured keys', configured);
  }
}

async function throughBoundary(adapter: (typeof ADAPTERS)[number], seen: readonly Seen[]): Promise<void> {
  const boundary = await startBoundary(
    adapter,
    seen.map(({ prepared }) => prepared),
  );
  for (const { prepared, verdicts } of seen) verdicts.set(adapter, await boundary.verdict(prepared));
  await boundary.close();
}

function reportOf(seen: readonly Seen[], found: readonly string[]): CorpusReport {
  const legal = seen.filter(({ prepared }) => prepared.case.verdict === 'legal');
  const illegal = seen.filter(({ prepared }) => prepared.case.verdict === 'illegal');
  const saying = (all: readonly Seen[], isFault: (one: Seen) => boolean): string[] =>
    all.filter(isFault).map(({ prepared: { case: one }, verdicts }) => {
      const said = [...verdicts].map(([way, verdict]) => `${verdict} (${way})`).join(', ');
      return `${one.id}: ${said}, and not ${expected(one)}`;
    });
  const refused = saying(legal, ({ verdicts }) => [...verdicts.values()].some(one => one !== 'accepted'));
  const accepted = saying(illegal, ({ verdicts }) => [...verdicts.values()].includes('accepted'));
  const unequal = saying(seen, ({ prepared, verdicts }) => {
    const all = new Set(verdicts.values());
    return (
      all.size > 1 || (!all.has('accepted') && prepared.case.verdict === 'illegal' && !all.has(expected(prepared.case)))
    );
  });
  const open = unexplained(found, explained());
  return {
    legal: legal.length,
    refusedLegal: refused.length,
    illegal: illegal.length,
    acceptedIllegal: accepted.length,
    unequalVerdicts: unequal.length,
    oracleDisagreements: open.length,
    faults: [...new Set([...refused, ...accepted, ...unequal, ...open])],
  };
}
