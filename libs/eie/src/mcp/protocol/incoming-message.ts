import { Readable } from 'node:stream';
import { BadRequestException, type HttpException, UnsupportedMediaTypeException } from '@nestjs/common';
import { ProtocolErrorCode } from '@modelcontextprotocol/server';
import { EieError } from 'execution-identity';
import { type HttpRequest, nodeRequest } from '../../http/http-request.js';
import { argumentsRefusal } from './call-arguments.js';
import { exceedsLimits, isTooLongBatch, LIMIT_REFUSAL, MESSAGE_LIMITS } from './message-limits.js';
import { bytesExceedLimits } from './message-scan.js';

/** The message of a request, or the answer that refuses it. */
export interface ReceivedMessage {
  readonly message?: unknown;
  readonly refusal?: {
    readonly answer: HttpException;
    /** For the audit log and the operator. */
    readonly reason: EieError;
  };
}

const refusalOf = (code: ProtocolErrorCode, message: string) => ({
  jsonrpc: '2.0',
  id: null,
  error: { code, message },
});
const PARSE_REFUSAL = refusalOf(ProtocolErrorCode.ParseError, 'Parse error: the message is not JSON in UTF-8');
const ENCODING_REFUSAL = refusalOf(
  ProtocolErrorCode.InvalidRequest,
  'The message is compressed: send it without Content-Encoding',
);

/** No tool and no schema has been looked at, so the remedy of the reason would lead astray. */
const refused = (answer: HttpException, fix: string): ReceivedMessage => ({
  refusal: { answer, reason: new EieError('input_invalid', { finding: { fix } }) },
});
const tooLarge = (): ReceivedMessage =>
  refused(
    new BadRequestException(LIMIT_REFUSAL),
    'The message is deeper, larger or wider than a message may be: see "MCP message" in docs/threat-model.md. A form with files that a parser has read is none.',
  );

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The message of a request, within all limits whoever reads its body. Where no parser of the application did (`bodyParser: false`), or
 * one that leaves it as bytes or text (`express.raw()`, a content type parser of Fastify), the body is read here, at most 1 MB of it.
 * Its bytes are checked before they are parsed.
 *
 * It does NOT decompress: a body with a `Content-Encoding` is refused, unless a parser of the application has already made a value of
 * it. It does NOT look at the content type, nor whether the value is a message of the protocol: the SDK does. It does NOT read the body
 * of a GET or DELETE, which is no message.
 */
export async function incomingMessage(request: HttpRequest): Promise<ReceivedMessage> {
  const received = await readMessage(request);
  if (isTooLongBatch(received.message)) return tooLarge();
  const refusal = argumentsRefusal(received.message);
  if (!refusal) return received;
  return { refusal: { answer: new BadRequestException(refusal), reason: new EieError('input_invalid') } };
}

async function readMessage(request: HttpRequest): Promise<ReceivedMessage> {
  const { body } = request;
  const node = nodeRequest(request);
  if (!isUnparsed(body)) {
    return exceedsLimits(body) ? tooLarge() : { message: body };
  }
  if (node.method !== 'POST') return {};
  if (isCompressed(node.headers['content-encoding']))
    return refused(
      new UnsupportedMediaTypeException(ENCODING_REFUSAL),
      'The body is compressed: have the client send it without Content-Encoding, or a parser of the application decompress it.',
    );
  const bytes = await bytesOf(body ?? node);
  if (!bytes || bytesExceedLimits(bytes)) return tooLarge();
  try {
    return { message: JSON.parse(UTF8.decode(bytes)) as unknown };
  } catch {
    return refused(
      new BadRequestException(PARSE_REFUSAL),
      'The body is no JSON in UTF-8: a client sends a JSON-RPC message as application/json, and no form. Where it does, see what has changed the body on its way.',
    );
  }
}

/** A parsed message is never a text. A parser of Fastify may hand on the stream that it was given. */
const isUnparsed = (body: unknown): body is undefined | string | Uint8Array | Readable =>
  body === undefined || typeof body === 'string' || body instanceof Uint8Array || body instanceof Readable;

const isCompressed = (encoding = ''): boolean => !['', 'identity'].includes(encoding.trim().toLowerCase());

/** `undefined` when there are more than a message may have. Nothing of a body that breaks off: what has come may look complete. */
async function bytesOf(body: string | Uint8Array | Readable): Promise<Uint8Array | undefined> {
  if (!(body instanceof Readable)) {
    if (body.length > MESSAGE_LIMITS.bytes) return undefined;
    return typeof body === 'string' ? Buffer.from(body) : body;
  }
  // Whoever has read it before has left nothing.
  if (body.readableEnded || body.destroyed) return Buffer.alloc(0);
  return new Promise(resolve => {
    const chunks: Buffer[] = [];
    let size = 0;
    const nothing = (): void => resolve(Buffer.alloc(0));
    const take = (chunk: Buffer | string): void => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      size += bytes.length;
      chunks.push(bytes);
      if (size <= MESSAGE_LIMITS.bytes) return;
      // The rest is read and thrown away, as Node does with a body that nobody wants: an aborted client would not see the answer.
      body.off('data', take).resume();
      chunks.length = 0;
      resolve(undefined);
    };
    body.on('data', take).once('end', () => resolve(Buffer.concat(chunks)));
    body.once('close', nothing).on('error', nothing);
  });
}
