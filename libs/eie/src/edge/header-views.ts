import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

/** A request, as far as the edge reads it. Node's own has every view; those of other transports may lack some. */
export type RequestViews = Pick<IncomingMessage, 'headers'> &
  Partial<Pick<IncomingMessage, 'rawHeaders' | 'headersDistinct'>>;

/** @param name as it is spelled */
export type IsTaken = (name: string, value: string) => boolean;

/**
 * Where Node keeps `headersDistinct`, and by how many lines of `rawHeaders` it makes that view when somebody asks for it the first time. Hardly anybody does, and
 * making it costs more than the rest of the edge. Of a Node that names them otherwise, or has none, the view is made.
 */
const [DISTINCT, COUNT] = ['kHeadersDistinct', 'kHeadersCount'].map(symbolOf);

function symbolOf(name: string): symbol | undefined {
  const sample = new IncomingMessage(new Socket());
  // Older versions of Node have the first one only then.
  void sample.headersDistinct;
  return Object.getOwnPropertySymbols(sample).find(({ description }) => description === name);
}

/** `headersDistinct` of a request, if it is made already. */
function distinctOf(request: RequestViews): RequestViews['headersDistinct'] {
  return isMadeLater(request) ? undefined : request.headersDistinct;
}

/** Of Node's own requests alone: a transport may have a view of its own. */
function isMadeLater(request: object): boolean {
  if (!DISTINCT || !COUNT || Object.getPrototypeOf(request) !== IncomingMessage.prototype) return false;
  const node = request as Readonly<Record<symbol, unknown>>;
  return typeof node[COUNT] === 'number' && !node[DISTINCT] && !Object.hasOwn(request, 'headersDistinct');
}

/**
 * The header lines of a request as one list: name, value, name, value. They come from `rawHeaders`, which has every copy of a header; from
 * `headers` where a transport fills that alone.
 */
export function headerLines({ rawHeaders = [], headers }: RequestViews): readonly string[] {
  if (rawHeaders.length) return rawHeaders.every(isText) ? rawHeaders : rawHeaders.map(String);
  return Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().flatMap(one => [name, String(one)]));
}

/** The name of a header line that is asked for, in whichever view of a request it is; `undefined` where there is none. */
export function nameOfLine(request: RequestViews, isAsked: IsTaken): string | undefined {
  const distinct = distinctOf(request);
  return (
    firstRaw(request.rawHeaders ?? [], isAsked) ??
    firstOf(request.headers, isAsked) ??
    (distinct && firstOf(distinct, isAsked))
  );
}

/** Some transports put a number into a view, whatever its type says. */
function firstRaw(rawHeaders: readonly string[], isAsked: IsTaken): string | undefined {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = String(rawHeaders[i]);
    if (isAsked(name, String(rawHeaders[i + 1]))) return name;
  }
  return undefined;
}

type View = Readonly<Record<string, string | string[] | undefined>>;

const firstOf = (view: View, isAsked: IsTaken): string | undefined =>
  Object.keys(view).find(name => hasAsked(name, view[name], isAsked));

const isText = (value: unknown): boolean => typeof value === 'string';

const hasAsked = (name: string, value: View[string], isAsked: IsTaken): boolean =>
  typeof value === 'string' ? isAsked(name, value) : [value ?? []].flat().some(one => isAsked(name, String(one)));

/** Every value of a header in a list of lines. `headers` of Node has only the first `Authorization`. */
export function valuesOf(lines: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < lines.length; i += 2)
    if (lines[i]!.length === name.length && lines[i]!.toLowerCase() === name) values.push(lines[i + 1]!);
  return values;
}

/** Whether it is a part of the request line that HTTP/2 sends as a header, such as `:path` (RFC 9113 §8.3.1): a request is none without it. */
export const isPseudo = (name: string): boolean => name.startsWith(':');

/**
 * Removes header lines from every view of a request: `headers`, `headersDistinct`, `rawHeaders`. It does NOT remove pseudo-headers of HTTP/2, about
 * which `isAsked` is asked too. What that throws leaves a request of which some lines are removed.
 *
 * @throws TypeError where a view has such a line all the same
 */
export function removeLines(request: RequestViews, isAsked: IsTaken): void {
  const isTaken: IsTaken = (name, value) => isAsked(name, value) && !isPseudo(name);
  const isLater = isMadeLater(request);
  if (!isLater) removeFrom(request, 'headersDistinct', isTaken);
  removeFrom(request, 'headers', isTaken);
  const { rawHeaders } = request;
  if (!rawHeaders) return;
  // In place: other code may already hold this array.
  let kept = 0;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (isTaken(String(rawHeaders[i]), String(rawHeaders[i + 1]))) continue;
    rawHeaders[kept++] = rawHeaders[i]!;
    rawHeaders[kept++] = rawHeaders[i + 1]!;
  }
  rawHeaders.length = kept;
  if (isLater) (request as unknown as Record<symbol, number>)[COUNT!] = kept;
}

function removeFrom(request: RequestViews, view: 'headers' | 'headersDistinct', isTaken: IsTaken): void {
  const lines = request[view];
  if (!lines) return;
  const taken = Object.keys(lines).filter(name => hasAsked(name, lines[name], isTaken));
  for (const name of taken) delete lines[name];
  // Read anew: a transport may make the view anew each time that it is read.
  for (const name of taken)
    if (Object.hasOwn(request[view] ?? {}, name)) throw new TypeError(`${view} keeps a header.`);
}

/** Puts header lines that were removed back into `headers` and `rawHeaders`. */
export function restoreLines(request: RequestViews, lines: readonly string[]): void {
  for (let i = 0; i + 1 < lines.length; i += 2) request.headers[lines[i]!.toLowerCase()] ??= lines[i + 1]!;
  request.rawHeaders?.push(...lines);
}
