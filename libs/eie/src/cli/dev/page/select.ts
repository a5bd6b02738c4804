import { made } from '../../../../../core/src/page/elements.js';
import { visible } from '../../../../../core/src/page/visible.js';

/** Replaces what may be chosen, and keeps what was chosen where it is still there. `any` stands first, for no choice. */
export function offer(select: HTMLSelectElement, values: readonly string[], any?: string): void {
  const { value } = select;
  const options = [...(any === undefined ? [] : [['', any]]), ...values.map(one => [one, one])].map(([own, text]) => {
    const option = made('option', visible(text!)) as HTMLOptionElement;
    option.value = own!;
    return option;
  });
  const isSame =
    options.length === select.options.length &&
    options.every((option, place) => option.value === select.options[place]?.value);
  if (isSame) return;
  select.replaceChildren(...options);
  if (options.some(option => option.value === value)) select.value = value;
}
