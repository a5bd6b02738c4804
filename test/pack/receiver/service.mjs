// A service on plain Node, as its author would write it. Policy and clock are those of the test vectors.
import { createServer } from 'node:http';
import { EieError, verifyDelegatedCall, wireOf } from 'execution-identity';
import { read, receiverPolicy } from '../../vectors/run.mjs';

const { now, policy } = read('valid');
const believed = receiverPolicy(policy);

const server = createServer(async (request, response) => {
  try {
    const identity = await verifyDelegatedCall(request.rawHeaders, believed, now);
    response.end(JSON.stringify(identity));
  } catch (error) {
    if (!(error instanceof EieError)) throw error;
    response.writeHead(wireOf(error.code).status).end();
  }
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
