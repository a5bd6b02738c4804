import { type IncomingHttpHeaders, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type PolicyQuestion } from 'nestjs-eie';
import { type Received, startLoopback } from './loopback.js';

export interface DecisionPoint {
  url: string;
  /** Every question that it was asked, those of a list one by one. */
  questions: PolicyQuestion[];
  requests: Received[];
  /** Whether it allows. */
  decide: (question: PolicyQuestion) => boolean;
  /** Answers in place of it from now on, where a test says so. */
  answer?: RequestListener | undefined;
  close(): Promise<void>;
}

export interface DecisionPointSetup {
  /** The value of `Authorization` that it demands. Default: none. */
  authorization?: string;
  /** The path below which it answers. */
  path?: string;
  metadata?: (url: string) => object;
}

type Question = Record<string, Record<string, unknown> | undefined>;

/** A policy decision point of the Authorization API 1.0: evaluation, evaluations with defaults, metadata, request identifiers. */
export async function startDecisionPoint(
  decide: DecisionPoint['decide'] = () => true,
  { authorization, path = '/access/v1', metadata }: DecisionPointSetup = {},
): Promise<DecisionPoint> {
  const evaluate = (question: Question): { decision: boolean } => {
    assertQuestion(question);
    point.questions.push(question as never);
    return { decision: point.decide(question as never) };
  };
  const evaluateEach = ({ evaluations, ...defaults }: { evaluations?: Question[] }): object => ({
    evaluations: evaluations!.map(one => evaluate({ ...defaults, ...one })),
  });
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { headers, method, url } = request;
    if (headers['x-request-id']) response.setHeader('x-request-id', headers['x-request-id']);
    if (method === 'GET' && url!.startsWith('/.well-known/authzen-configuration') && metadata)
      return void response.end(JSON.stringify(metadata(point.url)));
    if (headers.authorization !== authorization) return fail(response, 401, 'Unauthorized');
    const handler = { [`${path}/evaluation`]: evaluate, [`${path}/evaluations`]: evaluateEach }[url!];
    if (method !== 'POST' || !handler) return fail(response, 404, 'Not Found');
    if (!isJson(headers)) return fail(response, 400, 'The content type must be application/json');
    const body = await bodyOf(request);
    try {
      response.end(JSON.stringify(handler(JSON.parse(body) as never)));
    } catch {
      fail(response, 400, 'Bad Request');
    }
  };
  const server = await startLoopback((request, response) =>
    point.answer ? point.answer(request, response) : void respond(request, response),
  );
  const { url, requests, close } = server;
  const point: DecisionPoint = { url, requests, close, questions: [], decide };
  return point;
}

const isJson = (headers: IncomingHttpHeaders): boolean => headers['content-type'] === 'application/json';

function assertQuestion({ subject, action, resource }: Question): void {
  for (const text of [subject?.type, subject?.id, action?.name, resource?.type, resource?.id])
    if (typeof text !== 'string' || !text) throw new TypeError('no access evaluation request');
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += part as string;
  return text;
}

function fail(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(message);
}
