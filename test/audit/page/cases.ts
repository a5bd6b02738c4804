import { HOSTILE, type Receipts } from './receipts.js';

/** What is given to the page, and what it must say. */
export interface PageCase {
  readonly name: string;
  readonly receipt: string;
  readonly logKeys?: string;
  readonly witnesses?: string;
  readonly title?: string;
  readonly says?: RegExp;
  readonly chain?: RegExp;
  /** What the page says instead of a verdict. */
  readonly mistake?: RegExp;
}

const WITNESSED = 'Verified by an outside witness';
const OPERATOR = "The operator's word only";
const FALSE = 'False';

const changed = (receipt: string, from: string, to: string): string => receipt.replace(from, to);

export function pageCases({
  own,
  witnessed,
  hostile,
  refused,
  ofChain,
  logKey,
  otherKey,
  witness,
}: Receipts): PageCase[] {
  const future = JSON.parse(own) as { record: string; proof: string };
  return [
    {
      name: 'a receipt with the key that it brings',
      receipt: own,
      title: OPERATOR,
      says: /the one in the receipt/,
      chain: /alice.*agent-assistant.*get_order_status.*on_behalf_of.*orders_api.*ok/s,
    },
    {
      name: 'a receipt with a key that the reader trusts',
      receipt: own,
      logKeys: logKey,
      title: OPERATOR,
      says: /one that you trust/,
    },
    {
      name: 'a receipt that a trusted witness has signed',
      receipt: witnessed,
      logKeys: logKey,
      witnesses: witness,
      title: WITNESSED,
      says: /witness\.example\/w1 saw it at 2025-11-27/,
    },
    { name: 'a receipt that a witness has signed whom the reader does not know', receipt: witnessed, title: OPERATOR },
    {
      name: 'an agent that acts for another agent',
      receipt: ofChain,
      title: OPERATOR,
      chain: /alice.*router for planner.*get_order_status/s,
    },
    {
      name: 'a refusal',
      receipt: refused,
      title: OPERATOR,
      chain: /cancel_order.*none was called.*refused.*insufficient_scope/s,
    },
    {
      name: 'one changed byte in the record',
      receipt: changed(own, 'alice', 'alicf'),
      title: FALSE,
      says: /changed/,
      chain: /alicf/,
    },
    {
      name: 'one changed byte in the signature',
      receipt: own.replace(/(— mcp\.shop\.example\/audit .{30})./, (_, head: string) => `${head}!`),
      title: FALSE,
    },
    {
      name: 'one changed byte in a witnessed receipt',
      receipt: changed(witnessed, 'alice', 'alicf'),
      witnesses: witness,
      title: FALSE,
    },
    {
      name: 'a receipt of another log than the one that the reader trusts',
      receipt: own,
      logKeys: otherKey,
      title: FALSE,
      says: /not signed/,
    },
    {
      name: 'a checkpoint of more records than its root has',
      receipt: changed(own, '\\n6\\n', '\\n7\\n'),
      title: FALSE,
    },
    {
      name: 'the proof of another record',
      receipt: JSON.stringify({
        ...future,
        proof: (JSON.parse(refused) as { proof: string }).proof,
        receipt: 1,
        key: logKey,
      }),
      title: FALSE,
      says: /another record/,
    },
    {
      name: 'hostile text in every field',
      receipt: hostile,
      title: OPERATOR,
      chain: /<\/script><img src=x onerror=.*\\u\{202e\}ecila\\u\{7\}/s,
    },
    {
      name: 'a text that is no receipt',
      receipt: `{"receipt":2,"x":"${HOSTILE.replaceAll('"', '\\"').replaceAll('\u0007', '')}"}`,
      title: FALSE,
      says: /no receipt/,
    },
    { name: 'nested without end', receipt: '['.repeat(100_000), title: FALSE, says: /no receipt/ },
    { name: 'a key that is none', receipt: own, logKeys: 'shop', mistake: /no key of a log/ },
    { name: 'a key of a log as that of a witness', receipt: own, witnesses: logKey, mistake: /no key of a witness/ },
  ];
}
