import { element } from '../../../../../core/src/page/elements.js';
import { visible } from '../../../../../core/src/page/visible.js';
import type { DevPage, DevTokenRequest } from '../dev-page.js';
import { ask } from './ask.js';
import { copyButton } from './copyable.js';
import { say } from './mistake.js';
import { offer } from './select.js';
import { duration } from './times.js';

/** The form that makes a token. `decode` shows one. */
export function offerTokens(decode: (token: string) => void): { offer(page: DevPage): void } {
  const made = element<HTMLTextAreaElement>('made-token');
  const scopes = element<HTMLInputElement>('scopes');
  element('check-made').before(copyButton('the token', made));
  element('check-made').addEventListener('click', () => decode(made.value));
  element('make').addEventListener('submit', event => {
    event.preventDefault();
    void make();
  });

  async function make(): Promise<void> {
    say('make-mistake');
    element('made').hidden = true;
    try {
      const { token, expiresIn } = await ask<{ token: string; expiresIn: number }>('token', wish());
      made.value = token;
      element('made-label').textContent = `The token. It is valid for ${duration(expiresIn)}`;
      element('made').hidden = false;
    } catch (error) {
      say('make-mistake', error);
    }
  }

  function wish(): DevTokenRequest {
    const { value: sub } = element<HTMLSelectElement>('user');
    const agent = element<HTMLInputElement>('agent').value.trim();
    return { ...(sub && { sub }), ...(agent && { agent }), scopes: scopes.value.split(/\s+/).filter(Boolean) };
  }

  let offered = '';
  return {
    offer({ users, agents, scopes: known }) {
      offer(
        element<HTMLSelectElement>('user'),
        users.map(({ sub }) => sub),
      );
      element('known-agents').replaceChildren(...agents.map(agent => new Option(visible(agent), agent)));
      // What a reader has typed stays.
      if (scopes.value === offered) scopes.value = known.join(' ');
      offered = known.join(' ');
    },
  };
}
