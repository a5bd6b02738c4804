// Writes the vectors anew, with new keys: `node test/vectors/make.mjs`. The private halves of the keys are not kept.
import { writeFileSync } from 'node:fs';
import algorithms from './making/algorithms.mjs';
import accessToken from './making/access-token.mjs';
import agreement from './making/agreement.mjs';
import headers from './making/headers.mjs';
import { NOW, policy } from './making/parties.mjs';
import singleUse from './making/single-use.mjs';
import txnToken from './making/txn-token.mjs';
import valid from './making/valid.mjs';

const CHAPTERS = {
  valid: ['Calls that are let in, and who the receiver sees', valid],
  headers: ['How the two credentials stand in the request', headers],
  'access-token': ['Access tokens that are refused', accessToken],
  algorithms: ['Access tokens by every algorithm, under its own name and under others', algorithms],
  'txn-token': ['Txn-Tokens that are refused', txnToken],
  agreement: ['Two genuine tokens that do not belong together', agreement],
  'single-use': [
    'A receiver that takes each Txn-Token once: in this order, against one memory',
    singleUse,
    { single_use: true },
  ],
};

for (const [name, [about, { vectors }, rules = {}]] of Object.entries(CHAPTERS)) {
  const file = { about, format: 1, now: NOW, policy: { ...policy, ...rules }, vectors };
  writeFileSync(new URL(`${name}.json`, import.meta.url), `${JSON.stringify(file, null, 2)}\n`);
  console.log(`${name}.json: ${vectors.length}`);
}
