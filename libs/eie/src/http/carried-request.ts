import { type IncomingMessage } from 'node:http';
import { type ExecutionContext } from '@nestjs/common';
import { type HttpRequest, nodeRequest } from './http-request.js';

/** A place where the libraries for GraphQL and for web sockets keep the HTTP request that brought a message. */
interface Holder {
  readonly req?: HttpRequest;
  readonly request?: HttpRequest;
}

/** The HTTP request behind a context of any kind: of an HTTP handler, a GraphQL resolver, or a gateway of socket.io. */
export function carriedRequest(context: ExecutionContext): IncomingMessage | undefined {
  switch (context.getType<string>()) {
    case 'http':
      return nodeRequest(context.switchToHttp().getRequest<HttpRequest>());
    case 'graphql':
      // The context of GraphQL is the last but one: a reference of a federated graph has no arguments before it.
      return nodeOf(context.getArgs<(Holder | undefined)[]>().at(-2)?.req);
    case 'ws':
      return nodeOf(context.switchToWs().getClient<Holder | undefined>()?.request);
    default:
      return undefined;
  }
}

const nodeOf = (request: HttpRequest | undefined): IncomingMessage | undefined => request && nodeRequest(request);
