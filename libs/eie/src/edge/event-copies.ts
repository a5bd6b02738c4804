import { type FoundTokens } from './credential-search.js';

/**
 * Properties by which serverless adapters hand the event of their platform on: serverless-http, @fastify/aws-lambda, and the middleware of
 * @codegenie/serverless-express.
 */
interface Carrier {
  readonly apiGateway?: unknown;
  readonly awsLambda?: unknown;
  readonly requestContext?: unknown;
}

const MAX_DEPTH = 8;

/**
 * Removes tokens from the event that a serverless adapter has made a request of: it carries the same headers a second time. Every text of
 * the event that contains a token becomes empty.
 *
 * It does NOT know every adapter: `docs/threat-model.md` lists them.
 */
export function scrubEvents(requests: readonly object[], found: FoundTokens): void {
  for (const { apiGateway, awsLambda, requestContext } of requests as readonly Carrier[]) {
    scrub(apiGateway, found, MAX_DEPTH);
    scrub(awsLambda, found, MAX_DEPTH);
    scrub(requestContext, found, MAX_DEPTH);
  }
}

function scrub(value: unknown, found: FoundTokens, depth: number): void {
  if (typeof value !== 'object' || value === null || depth === 0) return;
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'string' && found.tokens.some(token => member.includes(token))) Reflect.set(value, name, '');
    else scrub(member, found, depth - 1);
  }
}
