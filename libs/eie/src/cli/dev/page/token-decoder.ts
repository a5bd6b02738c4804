import { element, made, rows } from '../../../../../core/src/page/elements.js';
import { visible } from '../../../../../core/src/page/visible.js';
import type { DecodedToken, DevCheck } from '../dev-page.js';
import { ask } from './ask.js';
import { reasonNote } from './call-item.js';
import { say } from './mistake.js';
import { moment } from './times.js';

const SIGNS: Record<DevCheck['result'], string> = { passed: '✔', failed: '✘', 'not asked': '–' };
/** Claims that are seconds since 1970. */
const TIMES = new Set(['exp', 'iat', 'nbf', 'auth_time']);

/** The form that looks into a token. Returns what shows one. */
export function offerDecoder(): (token: string) => void {
  const field = element<HTMLTextAreaElement>('token');
  let asked = 0;

  async function decode(): Promise<void> {
    asked += 1;
    const own = asked;
    say('decode-mistake');
    const token = field.value.trim();
    element('decoded').hidden = true;
    if (!token) return say('decode-mistake', new Error('There is no token: paste one, or make one.'));
    try {
      const decoded = await ask<DecodedToken>('decode', { token });
      if (own === asked) show(decoded);
    } catch (error) {
      if (own === asked) say('decode-mistake', error);
    }
  }

  element('decode').addEventListener('submit', event => {
    event.preventDefault();
    void decode();
  });
  // What was said of another token is not true of this one.
  field.addEventListener('input', () => {
    asked += 1;
    element('decoded').hidden = true;
    say('decode-mistake');
  });
  field.addEventListener('paste', () => setTimeout(() => void decode()));
  return token => {
    field.value = token;
    void decode().then(() => element('decoded').focus());
  };
}

function show({ header, claims, checks }: DecodedToken): void {
  const failed = checks.find(({ result }) => result === 'failed');
  const title = element('decoded-title');
  title.className = failed ? 'bad' : 'good';
  title.textContent = failed ? visible(`✘ It is refused: ${failed.reason ?? failed.name}`) : '✔ It passes every check';
  element('checks').replaceChildren(...checks.map(checkItem));
  element('inside').replaceChildren(part('Header', header), part('Claims', claims));
  element('decoded').hidden = false;
}

function checkItem({ name, result, reason, cause, fix }: DevCheck): HTMLElement {
  const item = made('li', '', result.replace(' ', '-'));
  const sign = made('span', SIGNS[result], 'sign');
  sign.setAttribute('aria-hidden', 'true');
  item.append(sign, made('span', visible(name)), made('span', result, 'result'));
  if (result === 'failed') item.append(reasonNote(reason ?? 'no code', cause, fix));
  return item;
}

function part(title: string, members: DecodedToken['claims']): HTMLElement {
  const holder = made('div');
  holder.append(made('h4', title));
  if (members === null) {
    holder.append(made('p', 'None: this is no JWT that can be read.'));
    return holder;
  }
  const shown = Object.entries(members).map(([name, value]) => [
    name,
    TIMES.has(name) && typeof value === 'number' ? moment(value) : value,
  ]);
  const table = made('table');
  const body = made('tbody');
  body.append(...rows(Object.fromEntries(shown) as Record<string, unknown>));
  table.append(body);
  holder.append(table);
  return holder;
}
