import assert from 'node:assert/strict';
import { startReceiverShop } from '../receiver-shop.ts';

/** A server that seals and calls is around it. */
export async function receiver(stage) {
  const around = await startReceiverShop();
  stage.closes(() => around.close());
  await stage.environment(around.variables);
  const url = await stage.start('start', 'http://127.0.0.1:3001/');
  const shop = await around.caller(url);
  const bearer = { authorization: `Bearer ${around.world.userToken()}` };
  return {
    answers: async () => {
      const answer = await fetch(`${shop}/call`, { headers: bearer });
      assert.deepEqual(await answer.json(), { user: 'alice', agent: 'agent-desk-copilot' });
    },
    refuses: async () => {
      for (const headers of [{}, bearer, { ...bearer, 'txn-token': 'e30.e30.c2ln' }])
        assert.equal((await fetch(url, { headers })).status, 401);
    },
  };
}
