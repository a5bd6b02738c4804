import { MODES, type Station } from '../../../../../core/src/page/chain.js';
import { made, stationItem } from '../../../../../core/src/page/elements.js';
import type { DevApiCall, DevCall, DevResult } from '../dev-page.js';

const SIGNS: Record<DevResult['outcome'], string> = {
  running: '…',
  succeeded: '✔',
  failed: '✘',
  refused: '⊘',
  unknown: '?',
};

/** The outcome as it is read everywhere on the page: not by its colour alone. */
export const outcomeText = ({ outcome }: DevResult): string => `${SIGNS[outcome]} ${outcome}`;

/** The way of a call: user, agent, tool, then mode and API of each call to an API, outcome. What is not known is said to be so. */
export function chainItems(call: DevCall): HTMLElement[] {
  const outcome = stationItem({
    part: 'Outcome',
    what: outcomeText(call.result),
    more: call.result.reason ?? '',
  });
  outcome.classList.add('outcome', call.result.outcome);
  return [
    stationItem({
      part: call.isService ? 'Service, for no user' : 'User',
      what: call.user ?? 'nobody',
      more: call.user === null ? 'no token was verified' : (call.tenant ?? ''),
    }),
    stationItem({ part: 'Agent', what: call.agent ?? 'none is named', more: '' }),
    stationItem({ part: 'Tool', what: call.handler ?? 'none was found', more: '' }),
    apis(call.apis),
    outcome,
  ];
}

/** One line for each call to an API, so that its mode stands beside it. */
function apis(calls: readonly DevApiCall[]): HTMLElement {
  const item = made('li', '', 'apis');
  const list = made('ol');
  list.append(
    ...(calls.length
      ? calls.map(({ target, mode, result }) =>
          line([
            { part: 'Mode', what: mode, more: MODES[mode] ?? '' },
            { part: 'API', what: target, more: outcomeText(result) },
          ]),
        )
      : [line([{ part: 'API', what: 'none was called', more: '' }])]),
  );
  item.append(list);
  return item;
}

function line(stations: readonly Station[]): HTMLElement {
  const item = made('li');
  const list = made('ol', '', 'chain');
  list.append(...stations.map(stationItem));
  item.append(list);
  return item;
}
