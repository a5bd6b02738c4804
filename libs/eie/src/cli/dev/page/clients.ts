import { element, made } from '../../../../../core/src/page/elements.js';
import { visible } from '../../../../../core/src/page/visible.js';
import type { DevClient } from '../dev-page.js';
import { copyable } from './copyable.js';
import { lines } from './lines.js';

/** What connects each client to the application. */
export function showClients(clients: readonly DevClient[]): void {
  element('clients').replaceChildren(
    ...(clients.length ? clients.map(clientItem) : [made('p', 'The dev server names no client.')]),
  );
}

function clientItem({ name, where, text }: DevClient): HTMLElement {
  const item = made('article');
  item.append(
    made('h3', visible(name)),
    made('p', visible(where), 'where'),
    copyable(`the lines for ${visible(name)}`, lines(text)),
  );
  return item;
}
