import { type AbstractHttpAdapter, type HttpAdapterHost } from '@nestjs/core';
import { type ServerFacts } from '../../configuration/facts/server-facts.js';
import { type PostureDocument, type Unproven } from './posture-document.js';
import { declaresLess } from './sensitivity.js';

/** What no boot check of this application can see, and why. */
export function unprovenOf(
  { httpAdapter }: HttpAdapterHost,
  { issuers }: Pick<ServerFacts, 'issuers'>,
  { handlers, parsers }: Pick<PostureDocument, 'handlers' | 'parsers'>,
): Unproven[] {
  // It is null in an application context, whatever its type says.
  const type = (httpAdapter as AbstractHttpAdapter | null)?.getType();
  const hasSource = issuers.some(one => typeof one === 'object' && one !== null && 'source' in one);
  return [
    ...(type === undefined ? [NO_HTTP] : [MOUNTED, LATER, EARLIER]),
    ...(type === 'fastify' ? [OWN_FASTIFY] : []),
    ...(type !== undefined && type !== 'express' && type !== 'fastify' ? [OTHER_ADAPTER] : []),
    ...(hasSource ? [SOURCE] : []),
    ...(declaresLess(handlers) ? [ANNOTATIONS] : []),
    ...parsers.flatMap(({ parser, limit }) => (limit === null ? [unlimited(parser)] : [])),
  ];
}

const NO_HTTP = {
  what: 'http',
  why: 'The application was created without an HTTP adapter, so routes on an adapter are not listed, and global prefix and versions are unknown.',
};
const MOUNTED = {
  what: 'mounted-applications',
  why: 'What app.use() mounts answers requests without a route that can be listed.',
};
const LATER = {
  what: 'later-routes',
  why: 'Routes that modules put on the HTTP adapter while they are initialised, or later, come after the boot checks.',
};
const EARLIER = {
  what: 'earlier-hooks',
  why: 'Under app.inject() and serverless adapters, hooks and middleware that an adapter had before Nest run before the edge and see credentials.',
};
const OWN_FASTIFY = {
  what: 'own-fastify-instance',
  why: 'Routes of a Fastify instance from before it was given to Nest are not listed.',
};
const OTHER_ADAPTER = {
  what: 'other-adapter',
  why: 'The routes and body parsers of this HTTP adapter, which is neither Express nor Fastify, are not listed.',
};
const SOURCE = {
  what: 'issuer-source',
  why: 'Which issuers a source will name, and what it says of them, is known only when a token arrives.',
};
const ANNOTATIONS = {
  what: 'tool-annotations',
  why: 'Whether a tool that declares to be read-only, additive, idempotent or closed is so, its code decides.',
};
const unlimited = (parser: string): Unproven => ({
  what: 'parser-limits',
  why: `How large a body the parser ${parser} takes cannot be read, or nothing limits it. Set it by app.useBodyParser().`,
});
