import { entries, made } from '../../../../../core/src/page/elements.js';
import { visible } from '../../../../../core/src/page/visible.js';
import type { DevCall, DevResult } from '../dev-page.js';
import { chainItems } from './call-chain.js';

/** One call: when, its way, and why it was refused or has failed. */
export function callItem(call: DevCall): HTMLElement {
  const item = made('li', '', 'call');
  const head = made('p', '', 'when');
  const time = made('time', new Date(call.time).toLocaleTimeString());
  time.setAttribute('datetime', call.time);
  head.append(time, made('span', duration(call)));
  if (call.traceId !== null) head.append(made('span', `trace ${visible(call.traceId)}`, 'trace'));
  const chain = made('ol', '', 'chain');
  chain.append(...chainItems(call));
  item.append(head, chain, ...reasons(call));
  return item;
}

const duration = ({ durationMs, result }: DevCall): string => {
  if (durationMs === null) return result.outcome === 'running' ? 'running' : '';
  return durationMs < 1000 ? `${Math.round(durationMs)} ms` : `${(durationMs / 1000).toFixed(1)} s`;
};

/** Each reason once: the call often has that of the API which refused it. */
function reasons(call: DevCall): HTMLElement[] {
  const results: [string, DevResult][] = [
    ['', call.result],
    ...call.apis.map(({ target, result }): [string, DevResult] => [` (${target})`, result]),
  ];
  const seen = new Set<string>();
  return results.flatMap(([where, { reason, cause, fix }]) => {
    if (reason === null || seen.has(reason)) return [];
    seen.add(reason);
    return [reasonNote(`${reason}${where}`, cause, fix)];
  });
}

/** A code with its cause and its fix. */
export function reasonNote(code: string, cause: string | null, fix: string | null): HTMLElement {
  const note = made('dl', '', 'note bad reason');
  note.append(
    ...entries([
      ['Code', code],
      ['Cause', cause ?? 'It is not known. The log of the application says more.'],
      ['Fix', fix ?? 'None is known.'],
    ]),
  );
  return note;
}
