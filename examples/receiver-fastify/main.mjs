import fastify from 'fastify';
import { EieError, refusalLine, verifyDelegatedCall, wireOf } from 'execution-identity';
import { policy } from './policy.mjs';

const app = fastify();

app.decorateRequest('identity', null);
app.addHook('onRequest', async request => {
  request.identity = await verifyDelegatedCall(request.raw.rawHeaders, policy);
});
app.setErrorHandler((error, _request, reply) => {
  console.error(error instanceof EieError ? refusalLine(error).message : error);
  reply.code(error instanceof EieError ? wireOf(error.code).status : 500).send();
});
app.get('/', async ({ identity: { actor, agent, authorization } }, reply) => {
  if (!authorization.scopes.includes('orders:read')) return reply.code(403).send();
  return { user: actor.sub, agent: agent.id };
});
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
