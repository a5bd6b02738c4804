import { type IncomingMessage } from 'node:http';

/** A request, as far as the edge reads it. Node's own has every view; those of other transports may lack some. */
export type RequestViews = Pick<IncomingMessage, 'headers'> &
  Partial<Pick<IncomingMessage, 'rawHeaders' | 'headersDistinct'>>;

/** @param name in lower case */
export type IsTaken = (name: string, value: string) => boolean;

/**
 * The header lines of a request as one list: name, value, name, value. They come from `rawHeaders`, which has every copy of a header; from
 * `headers` where a transport fills that alone.
 */
export function headerLines({ rawHeaders = [], headers }: RequestViews): readonly string[] {
  if (rawHeaders.length) return rawHeaders.map(String);
  return Object.entries(headers).flatMap(([name, value]) => textsOf(value).flatMap(one => [name, one]));
}

/** The values of one member of `headers`. Some transports put a number there, whatever the type says. */
const textsOf = (value: string | string[] | undefined): string[] => [value ?? []].flat().map(String);

/** Every value of a header in a list of lines. `headers` of Node has only the first `Authorization`. */
export function valuesOf(lines: readonly string[], name: string): string[] {
  return lines.filter((_value, i) => i % 2 === 1 && lines[i - 1]!.toLowerCase() === name);
}

/** Whether it is a part of the request line that HTTP/2 sends as a header, such as `:path` (RFC 9113 §8.3.1): a request is none without it. */
export const isPseudo = (name: string): boolean => name.startsWith(':');

/** Removes header lines from every view of a request: `headers`, `headersDistinct`, `rawHeaders`. It does NOT remove pseudo-headers of HTTP/2. */
export function removeLines(request: RequestViews, isAsked: IsTaken): void {
  const isTaken: IsTaken = (name, value) => !isPseudo(name) && isAsked(name, value);
  // First: Node builds `headersDistinct` from `rawHeaders` at its first use, by the original length.
  const distinct = request.headersDistinct;
  for (const view of [distinct, request.headers]) {
    for (const [name, value] of Object.entries(view ?? {}))
      if (textsOf(value).some(one => isTaken(name.toLowerCase(), one))) delete view![name];
  }
  const { rawHeaders } = request;
  if (!rawHeaders) return;
  const kept: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    if (!isTaken(rawHeaders[i]!.toLowerCase(), String(rawHeaders[i + 1])))
      kept.push(rawHeaders[i]!, rawHeaders[i + 1]!);
  // In place: other code may already hold this array.
  rawHeaders.splice(0, rawHeaders.length, ...kept);
}

/** Puts header lines that were removed back into `headers` and `rawHeaders`. */
export function restoreLines(request: RequestViews, lines: readonly string[]): void {
  for (let i = 0; i + 1 < lines.length; i += 2) request.headers[lines[i]!.toLowerCase()] ??= lines[i + 1]!;
  request.rawHeaders?.push(...lines);
}
