import { made } from '../../../../../core/src/page/elements.js';

/** Milliseconds that a button says that it has copied. */
const SAID = 2000;

/** A button that copies what the element has, and says whether it has. `what` tells it from the other buttons where one cannot see the page. */
export function copyButton(what: string, from: HTMLElement): HTMLElement {
  const button = made('button', 'Copy', 'copy');
  button.setAttribute('type', 'button');
  button.setAttribute('aria-label', `Copy ${what}`);
  const said = made('span', '', 'said');
  said.setAttribute('role', 'status');
  const holder = made('span', '', 'copies');
  holder.append(button, said);
  button.addEventListener('click', () => {
    const text = from instanceof HTMLTextAreaElement ? from.value : (from.textContent ?? '');
    navigator.clipboard.writeText(text).then(
      () => {
        said.textContent = 'Copied';
        setTimeout(() => (said.textContent = ''), SAID);
      },
      () => {
        getSelection()?.selectAllChildren(from);
        if (from instanceof HTMLTextAreaElement) from.select();
        said.textContent = 'The browser does not let this page copy. It is selected: copy it yourself.';
      },
    );
  });
  return holder;
}

/** A text of several lines with its button. */
export function copyable(what: string, text: string): HTMLElement {
  const holder = made('div', '', 'copyable');
  const code = made('code', text);
  const pre = made('pre');
  pre.append(code);
  holder.append(pre, copyButton(what, code));
  return holder;
}
