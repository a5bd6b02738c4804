import express from 'express';
import { EieError, refusalLine, verifyDelegatedCall, wireOf } from 'execution-identity';
import { policy } from './policy.mjs';

const app = express();

app.use(async (request, response, next) => {
  response.locals.identity = await verifyDelegatedCall(request.rawHeaders, policy);
  next();
});
app.get('/', (_request, response) => {
  const { actor, agent, authorization } = response.locals.identity;
  if (!authorization.scopes.includes('orders:read')) return response.sendStatus(403);
  response.json({ user: actor.sub, agent: agent.id });
});
app.use((error, _request, response, _next) => {
  console.error(error instanceof EieError ? refusalLine(error).message : error);
  response.sendStatus(error instanceof EieError ? wireOf(error.code).status : 500);
});
app.listen(process.env.PORT, '127.0.0.1');
