import { isJSONRPCRequest, ProtocolErrorCode, type RequestId } from '@modelcontextprotocol/server';
import { type EieError, wireOf } from 'execution-identity';
import { METHODS } from './web-request.js';

interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export const errorMessage = (id: RequestId | null, error: RpcError) => ({ jsonrpc: '2.0', id, error });

export const errorResponse = (id: RequestId | null, error: RpcError, status: number, headers = {}): Response =>
  Response.json(errorMessage(id, error), { status, headers });

export const methodNotAllowed = (): Response =>
  errorResponse(null, { code: -32_000, message: 'Method not allowed.' }, 405, { allow: METHODS.join(', ') });

export const idOf = (message: unknown): RequestId | null => (isJSONRPCRequest(message) ? message.id : null);

export const errorOf = ({ code, message }: EieError): RpcError => ({
  code: ProtocolErrorCode.InternalError,
  message,
  data: { code },
});

export const refusalOf = (refusal: EieError, id: RequestId | null, challenge: string | undefined): Response =>
  errorResponse(id, errorOf(refusal), wireOf(refusal.code).status, {
    ...(challenge !== undefined && { 'www-authenticate': challenge }),
  });

export const eventOf = (message: object): string => `event: message\ndata: ${JSON.stringify(message)}\n\n`;
