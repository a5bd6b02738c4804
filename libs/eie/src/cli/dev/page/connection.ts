import { element } from '../../../../../core/src/page/elements.js';
import type { DevCall, DevChange, DevPage } from '../dev-page.js';

/** Milliseconds before the first try to connect again. Each further one waits twice as long. */
const PATIENCE = 500;
/** Half a minute, all together. A reader starts further ones. */
const TRIES = 6;
const MAX_CALLS = 200;

/** Follows the events of the dev server. Says so where they end, tries again, and stops trying after half a minute. */
export function connect(show: (page: DevPage, change: DevChange) => void): void {
  let tries = 0;
  let since = '';
  let timer: ReturnType<typeof setTimeout> | undefined;

  const open = (): void => {
    const source = new EventSource('events');
    let page: DevPage | undefined;
    source.onmessage = ({ data }: MessageEvent<string>) => {
      const change = JSON.parse(data) as DevChange;
      page = page ? changed(page, change) : (change as DevPage);
      [tries, since] = [0, ''];
      element('lost').hidden = true;
      show(page, change);
    };
    source.onerror = () => {
      source.close();
      lost();
    };
  };
  const lost = (): void => {
    since ||= new Date().toLocaleTimeString();
    const goesOn = tries < TRIES;
    if (goesOn) timer = setTimeout(open, PATIENCE * 2 ** tries);
    tries += 1;
    const next = goesOn
      ? `It tries again (${tries} of ${TRIES}).`
      : 'It has stopped trying. Start `nestjs-eie dev` again, then try here. If it runs, close other tabs of this page.';
    element('lost-text').textContent =
      `The dev server has not answered since ${since}: what this page shows is from before. ${next}`;
    element('again').hidden = goesOn;
    element('lost').hidden = false;
    document.title = '✘ no connection: nestjs-eie dev';
  };

  element('again').addEventListener('click', () => {
    clearTimeout(timer);
    tries = TRIES;
    open();
  });
  open();
}

/** A change has only the calls that are new or different. */
function changed(page: DevPage, change: DevChange): DevPage {
  if (!change.calls) return { ...page, ...change };
  const byId = new Map<string, DevCall>([...page.calls, ...change.calls].map(call => [call.id, call]));
  const calls = [...byId.values()].sort((one, other) => other.time.localeCompare(one.time)).slice(0, MAX_CALLS);
  return { ...page, ...change, calls };
}
