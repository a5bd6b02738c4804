import { element } from '../../../../../core/src/page/elements.js';
import { visible } from '../../../../../core/src/page/visible.js';
import type { DevCall } from '../dev-page.js';
import { callItem } from './call-item.js';
import { offer } from './select.js';

/** Calls that are shown before a reader asks for more. */
const AT_ONCE = 20;
const FILTERS: Readonly<Record<string, (call: DevCall) => string>> = {
  user: call => call.user ?? 'nobody',
  agent: call => call.agent ?? 'none is named',
  outcome: call => call.result.outcome,
};

/** The calls, the newest first. One that has not changed keeps its element, and with it what a reader has marked there. */
export class CallList {
  private calls: readonly DevCall[] = [];
  private limit = AT_ONCE;
  private readonly items = new Map<string, { readonly text: string; readonly item: HTMLElement }>();
  private readonly filters = Object.entries(FILTERS).map(([name, valueOf]) => {
    const select = element<HTMLSelectElement>(`filter-${name}`);
    return { name, valueOf, select };
  });

  constructor() {
    element('filter').addEventListener('change', () => {
      this.limit = AT_ONCE;
      this.draw();
    });
    element('more').addEventListener('click', () => this.showMore());
  }

  show(calls: readonly DevCall[]): void {
    if (calls === this.calls) return;
    const known = new Set(this.calls.map(({ id }) => id));
    const news = known.size ? calls.filter(({ id }) => !known.has(id)) : [];
    this.calls = calls;
    element('filter').hidden = calls.length === 0;
    for (const { name, valueOf, select } of this.filters)
      offer(select, [...new Set(calls.map(valueOf))].sort(), `Any ${name}`);
    this.draw();
    if (!news.length) return;
    element('news').textContent = spoken(news);
    for (const { id } of news) this.items.get(id)?.item.classList.add('new');
  }

  private showMore(): void {
    const { limit } = this;
    this.limit += AT_ONCE * 2;
    this.draw();
    // The first of those that came, where a reader goes on.
    const next = element('list').children[limit] as HTMLElement | undefined;
    next?.setAttribute('tabindex', '-1');
    next?.focus();
  }

  private draw(): void {
    const wanted = this.calls.filter(call =>
      this.filters.every(({ select, valueOf }) => !select.value || valueOf(call) === select.value),
    );
    const list = element('list');
    wanted.slice(0, this.limit).forEach((call, place) => {
      const item = this.itemOf(call);
      if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
    });
    while (list.children.length > Math.min(wanted.length, this.limit)) list.lastElementChild!.remove();
    const ids = new Set(this.calls.map(({ id }) => id));
    for (const id of this.items.keys()) if (!ids.has(id)) this.items.delete(id);
    const left = wanted.length - this.limit;
    element('more').hidden = left <= 0;
    element('more').textContent = `Show more: ${left} are older`;
    element('none-like-that').hidden = wanted.length > 0 || this.calls.length === 0;
  }

  private itemOf(call: DevCall): HTMLElement {
    const text = JSON.stringify(call);
    const known = this.items.get(call.id);
    if (known?.text === text) return known.item;
    const item = callItem(call);
    known?.item.replaceWith(item);
    this.items.set(call.id, { text, item });
    return item;
  }
}

/** What is read out of calls that have come. */
function spoken([first, ...further]: readonly DevCall[]): string {
  if (further.length || !first) return `${further.length + 1} new calls`;
  const { user, handler, result } = first;
  return visible(`${handler ?? 'A call'} for ${user ?? 'nobody'}: ${result.reason ?? result.outcome}`);
}
