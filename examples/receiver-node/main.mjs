import { createServer } from 'node:http';
import { EieError, refusalLine, verifyDelegatedCall, wireOf } from 'execution-identity';
import { policy } from './policy.mjs';

const server = createServer(async (request, response) => {
  try {
    const { actor, agent, authorization } = await verifyDelegatedCall(request.rawHeaders, policy);
    if (!authorization.scopes.includes('orders:read')) return response.writeHead(403).end();
    response.end(JSON.stringify({ user: actor.sub, agent: agent.id }));
  } catch (error) {
    console.error(error instanceof EieError ? refusalLine(error).message : error);
    response.writeHead(error instanceof EieError ? wireOf(error.code).status : 500).end();
  }
});
server.listen(process.env.PORT, '127.0.0.1');
