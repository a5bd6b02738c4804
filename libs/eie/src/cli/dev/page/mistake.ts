import { element } from '../../../../../core/src/page/elements.js';
import { visible } from '../../../../../core/src/page/visible.js';

/** Shows what went wrong, or with nothing that all is well. */
export function say(id: string, mistake?: unknown): void {
  element(id).textContent = mistake instanceof Error ? visible(mistake.message) : '';
  element(id).hidden = mistake === undefined;
}
