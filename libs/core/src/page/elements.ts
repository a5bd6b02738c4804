import { type Station } from './chain.js';
import { visible } from './visible.js';

/** What the pages are made of. Whatever comes from outside becomes text, never markup. */
export const element = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;

export const made = (tag: string, text = '', name = ''): HTMLElement => {
  const one = document.createElement(tag);
  one.textContent = text;
  one.className = name;
  return one;
};

export function stationItem({ part, what, more }: Station): HTMLElement {
  const item = made('li');
  item.append(made('span', part, 'part'), made('strong', visible(what)), made('span', visible(more), 'more'));
  return item;
}

/** Terms and what is said of each. */
export const entries = (list: readonly (readonly [string, string])[]): HTMLElement[] =>
  list.flatMap(([term, text]) => [made('dt', term), made('dd', visible(text))]);

/** Names and values, as the rows of a table. */
export const rows = (members: Readonly<Record<string, unknown>>): HTMLElement[] =>
  Object.entries(members).map(([name, value]) => {
    const row = made('tr');
    const head = made('th', visible(name));
    head.setAttribute('scope', 'row');
    row.append(head, made('td', visible(typeof value === 'string' ? value : JSON.stringify(value))));
    return row;
  });
