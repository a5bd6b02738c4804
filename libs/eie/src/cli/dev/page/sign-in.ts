import { element, made } from '../../../../../core/src/page/elements.js';
import { visible } from '../../../../../core/src/page/visible.js';
import type { DevPage, DevUser } from '../dev-page.js';

/** The users and agents of the local authorization server. */
export function showUsers({ users, agents }: DevPage): void {
  element('users').replaceChildren(
    ...(users.length
      ? users.map(userItem)
      : [made('li', 'There is no user: start it with one (nestjs-eie dev --help).')]),
  );
  element('agents').textContent = agents.length
    ? visible(agents.join(', '))
    : 'None yet. A token names the one it is made for, and a client that signs in becomes one.';
}

function userItem({ sub, name, tenant, roles }: DevUser): HTMLElement {
  const item = made('li');
  const more = [
    name === sub ? '' : `sub ${sub}`,
    tenant === null ? 'no tenant' : `tenant ${tenant}`,
    roles.length ? `roles ${roles.join(', ')}` : 'no roles',
  ];
  item.append(made('strong', visible(name)), made('span', visible(more.filter(Boolean).join(' · ')), 'more'));
  return item;
}
