import { element, entries } from '../../../../../core/src/page/elements.js';
import type { DevApplication, DevPage } from '../dev-page.js';
import { lines } from './lines.js';

const SIGNS = { starting: '…', listening: '✔', stopped: '✘' };

/** The state of the application, and why it has stopped. */
export function showApplication({ application, issuer }: DevPage): void {
  const { state, command, resource, output } = application;
  const says = sentence(application);
  const status = element('state');
  status.className = state;
  // A status that is written again is read out again.
  if (status.textContent !== says) status.textContent = says;
  document.title = `${SIGNS[state]} ${state}: nestjs-eie dev`;
  element('state-fix').hidden = state !== 'stopped';
  element('state-fix').textContent =
    'Correct what its last lines say and save: a change of its sources starts it again. This page follows.';
  element('about').replaceChildren(
    ...entries([
      ['Resource', resource],
      ['Issuer', issuer],
      ['Command', command],
    ]),
  );
  const details = element<HTMLDetailsElement>('output');
  if (state === 'stopped' && details.dataset.state !== state) details.open = true;
  details.dataset.state = state;
  details.hidden = state !== 'stopped' && output.length === 0;
  const printed = output.length ? lines(output.join('\n')) : 'It has printed nothing.';
  const pre = element('lines');
  if (pre.textContent === printed) return;
  const isAtEnd = pre.scrollTop + pre.clientHeight >= pre.scrollHeight - 4;
  pre.textContent = printed;
  if (isAtEnd) pre.scrollTop = pre.scrollHeight;
}

function sentence({ state, exitCode }: DevApplication): string {
  switch (state) {
    case 'starting':
      return `${SIGNS.starting} It is starting.`;
    case 'listening':
      return `${SIGNS.listening} It listens.`;
    case 'stopped':
      return exitCode === null
        ? `${SIGNS.stopped} It has stopped by a signal.`
        : `${SIGNS.stopped} It has stopped with exit code ${exitCode}.`;
  }
}
