import { visible } from '../../../../../core/src/page/visible.js';

/** A text of several lines as it is, with everything that could deceive the eye shown as its number. */
export const lines = (text: string): string => text.replaceAll('\t', '  ').split('\n').map(visible).join('\n');
