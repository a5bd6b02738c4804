import { type OpenHandler } from './http-handlers.js';
import { type Insertion, type Source } from './source.js';

/** What the posture of the application says of each route that was open before. It states what is known, and no more. */
export const REASON = 'It had no guard when nestjs-eie was added.';

/** `@Public()` behind the decorators of handlers that everybody may call today, and its import: what they do stays as it is. */
export function markingPublic(source: Source, handlers: readonly OpenHandler[]): Insertion[] {
  const open = handlers.filter(one => one.unclear === undefined);
  if (!open.length) return [];
  const { ts, quote } = source;
  const decorator = `@Public({ reason: ${quote}${REASON}${quote} })`;
  const marks = open.map(({ method }) => {
    const last = ts.getDecorators(method)!.at(-1)!;
    const isOwnLine = /^[ \t]*(\/\/[^\n]*)?\r?\n/.test(source.text.slice(last.getEnd()));
    const gap = isOwnLine ? source.newline + source.indent(last.getStart()) : ' ';
    return { at: last.getEnd(), text: gap + decorator };
  });
  return source.imported('Public') ? marks : [source.importing('Public', 'nestjs-eie'), ...marks];
}
