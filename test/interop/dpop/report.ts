import { ADAPTERS } from '../../support/app.js';
import { type Case, fault } from './case.js';
import { certificateCases } from './certificate-cases.js';
import { startIssuer } from './issuer.js';
import { makeKit } from './kit.js';
import { nonceCases } from './nonce-cases.js';
import { proofCases } from './proof-cases.js';
import { SITES, startSite } from './sites.js';
import { addressCases, targetCases } from './target-cases.js';

export const CASES: readonly Case[] = [
  ...proofCases,
  ...targetCases,
  ...addressCases,
  ...nonceCases,
  ...certificateCases,
];

export interface DpopReport {
  readonly passed: number;
  readonly of: number;
  /** `adapter id: what is wrong`. */
  readonly failed: string[];
}

/** Runs the table through Nest applications on both adapters, over loopback alone, with tokens of a real authorization server. */
export async function dpopReport(): Promise<DpopReport> {
  const issuer = await startIssuer();
  const kit = await makeKit(issuer);
  const failed: string[] = [];
  let of = 0;
  try {
    for (const adapter of ADAPTERS) {
      for (const name of SITES) {
        const cases = CASES.filter(
          ({ site = 'plain', adapters = ADAPTERS }) => site === name && adapters.includes(adapter),
        );
        if (!cases.length) continue;
        const site = await startSite(name, adapter, issuer);
        for (const one of cases) {
          of++;
          const wrong = await fault(one, kit, site).catch((error: unknown) => String(error));
          if (wrong !== undefined) failed.push(`${adapter} ${one.id}: ${wrong}`);
        }
        await site.close();
      }
    }
  } finally {
    await issuer.close();
  }
  return { passed: of - failed.length, of, failed };
}
