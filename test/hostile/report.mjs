const rows = counts =>
  Object.entries(counts)
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `  ${String(count).padStart(8)}  ${name}`);

/** Everything for a reader, or, with `json`, failures and the totals as the last line. */
export function report(
  { totals, verdicts, reasons, failures, slowest, loopDelayMs, unknownKeyFlood, lured, growth, floods },
  { seconds, json },
) {
  for (const { request, ...failure } of failures)
    console.log(`\nFAILED ${JSON.stringify(failure)}\n  ${JSON.stringify(request)}`);
  if (lured) console.log(`\nFAILED ${lured} addresses were fetched on the word of a token`);
  if (json) {
    console.log(JSON.stringify({ ...totals, growth, floods }));
    return;
  }
  const { fetches, goodGuardMs, requests } = unknownKeyFlood;
  console.log(
    [
      '\nwhat came of them',
      ...rows(verdicts),
      '\nreasons on the audit log',
      ...rows(reasons),
      '\nslowest kinds, alone (median ms in the server)',
      ...slowest.slice(0, 8).map(({ kind, ms }) => `  ${ms.toFixed(2).padStart(8)}  ${kind}`),
      `\n${requests} requests with unknown key ids: ${fetches} key fetches; a good token was in the guard for ${goodGuardMs.disturbed.toFixed(3)} ms, undisturbed ${goodGuardMs.undisturbed.toFixed(3)} ms (medians)`,
      ...(loopDelayMs
        ? [
            `event loop of the server: p99 ${loopDelayMs.p99.toFixed(1)} ms, longest ${loopDelayMs.max.toFixed(1)} ms, garbage collection included`,
          ]
        : []),
      `${seconds.toFixed(1)} s\n`,
    ].join('\n'),
  );
  console.table(totals);
  console.table(growth);
  console.table(floods.map(({ p99Ms, ...row }) => ({ ...row, ...p99Ms })));
}
