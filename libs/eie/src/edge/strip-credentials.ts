import { type ExecutionContext } from '@nestjs/common';
import { ENVELOPE_HEADERS } from 'execution-identity';
import { headerValues, type HttpRequest, type HttpResponse, nodeRequest, nodeResponse } from '../http/http-request.js';

const CREDENTIAL_HEADERS = ['authorization', 'proxy-authorization', 'dpop', ...ENVELOPE_HEADERS];

/**
 * Removes every credential from the request of a context: `headers`, `headersDistinct` and `rawHeaders`. A handler that still reads
 * `headers.authorization` gets an error that says how to call an API. A logger that reads it after the response does not.
 */
export function stripCredentials(context: ExecutionContext): void {
  const http = context.switchToHttp();
  const node = nodeRequest(http.getRequest<HttpRequest>());
  const response = nodeResponse(http.getResponse<HttpResponse>());
  const carried = headerValues(node, 'authorization').length > 0;
  // Before rawHeaders: Node builds headersDistinct from it on first use, by its original length.
  const distinct = node.headersDistinct;
  for (const name of CREDENTIAL_HEADERS) {
    delete distinct[name];
    delete node.headers[name];
  }
  const kept: string[] = [];
  for (let i = 0; i + 1 < node.rawHeaders.length; i += 2) {
    if (!CREDENTIAL_HEADERS.includes(node.rawHeaders[i]!.toLowerCase()))
      kept.push(node.rawHeaders[i]!, node.rawHeaders[i + 1]!);
  }
  // In place: other code may already hold this array.
  node.rawHeaders.splice(0, node.rawHeaders.length, ...kept);
  if (carried) throwOnRead(node.headers, 'authorization', () => response.writableEnded || response.destroyed);
}

/** Not enumerable, so that code which copies headers does not trip over it. */
export function throwOnRead(target: object, property: string, isOver: () => boolean = () => false): void {
  const get = (): undefined => {
    if (!isOver())
      throw new Error(
        'The access token stops at the boundary. To call an API as this user, use @Delegated() or DelegationService.',
      );
  };
  Object.defineProperty(target, property, { get, enumerable: false, configurable: true });
}
