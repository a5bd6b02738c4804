import { type ReceiptTrust, type ReceiptVerdict, verifyReceipt } from '../audit/proof/receipt.js';
import { chainOf } from './chain.js';
import { element, entries, rows, stationItem } from './elements.js';
import { visible } from './visible.js';

/** The page of a receipt, in a browser. It is built into one file and makes no request. */
const WORDS: Record<
  ReceiptVerdict['verdict'],
  { readonly sign: string; readonly title: string; readonly proves: string; readonly not: string }
> = {
  witnessed: {
    sign: '✔',
    title: 'Verified by an outside witness',
    proves:
      'The log had this record, in these words, when the witness saw it. The operator cannot have changed or removed it since.',
    not: 'That what the record says is what happened: only that the operator said so then, and cannot deny it now.',
  },
  operator: {
    sign: '✎',
    title: "The operator's word only",
    proves: 'Whoever has the key of the log says that the log has this record.',
    not: 'That it was always there and always so: no witness that you trust has seen it. Whoever has that key could have written the log anew.',
  },
  false: {
    sign: '✘',
    title: 'False',
    proves: 'Something in this receipt is not what it claims to be.',
    not: 'Who changed it, and what it said before.',
  },
};

let receipt: string | undefined;

function trusted(): ReceiptTrust {
  const linesOf = (id: string): string[] => element<HTMLTextAreaElement>(id).value.split(/\s+/).filter(Boolean);
  return { logKeys: linesOf('log-keys'), witnesses: linesOf('witnesses') };
}

async function check(): Promise<void> {
  say(undefined);
  element('result').hidden = true;
  if (receipt === undefined) return;
  try {
    show(await verifyReceipt(receipt, trusted()));
  } catch (error) {
    say(
      error instanceof TypeError
        ? error.message
        : 'This browser cannot check Ed25519 signatures. Use a newer one, or the command: execution-identity audit check.',
    );
  }
}

function say(mistake: string | undefined): void {
  element('mistake').textContent = mistake ?? '';
  element('mistake').hidden = mistake === undefined;
}

function show(verdict: ReceiptVerdict): void {
  const words = WORDS[verdict.verdict];
  const result = element('result');
  result.className = verdict.verdict;
  result.hidden = false;
  document.title = `${words.title}: receipt of an act`;
  element('sign').textContent = words.sign;
  element('verdict').textContent = words.title;
  element('reason').textContent = visible(reasonOf(verdict));
  element('warning').hidden = verdict.verdict !== 'false' || !verdict.record;
  const { record = {} } = verdict;
  element('chain').replaceChildren(...chainOf(record).map(stationItem));
  element('proves').replaceChildren(
    ...entries([
      ['What this proves', words.proves],
      ['What it does not prove', words.not],
    ]),
  );
  element('members').replaceChildren(...rows(record));
  element('origin').replaceChildren(...entries(aboutLog(verdict)));
}

function reasonOf({ verdict, reason, witnesses, key }: ReceiptVerdict): string {
  if (verdict === 'false') return reason ?? '';
  const seen = witnesses.map(({ name, time }) => `${name} saw it at ${timeOf(time * 1000)}`).join('; ');
  const own = key?.isTrusted
    ? 'The key of the log is one that you trust.'
    : 'The key of the log is the one in the receipt: compare it below.';
  return seen ? `${seen}.` : own;
}

function aboutLog({ checkpoint, key, witnesses }: ReceiptVerdict): [string, string][] {
  return [
    ['Log', checkpoint?.origin ?? 'not known'],
    ['Records at the checkpoint', checkpoint ? String(checkpoint.size) : 'not known'],
    [
      'Key of the log',
      key ? `${key.text} (${key.isTrusted ? 'one that you trust' : 'from the receipt itself'})` : 'not known',
    ],
    ['Witnesses that you trust', witnesses.map(({ name }) => name).join(', ') || 'none has signed'],
  ];
}

const timeOf = (milliseconds: number): string => {
  const time = new Date(milliseconds);
  return `${time.toISOString()} (${time.toLocaleString()} here)`;
};

async function take(file: File | undefined): Promise<void> {
  if (!file) return;
  receipt = await file.text();
  await check();
}

const file = element<HTMLInputElement>('file');
file.addEventListener('change', () => void take(file.files?.[0]));
element('text').addEventListener('input', () => {
  receipt = element<HTMLTextAreaElement>('text').value || undefined;
  void check();
});
for (const id of ['log-keys', 'witnesses']) element(id).addEventListener('input', () => void check());
document.addEventListener('dragover', event => {
  event.preventDefault();
  document.querySelector('.drop')?.classList.add('over');
});
document.addEventListener('dragleave', () => document.querySelector('.drop')?.classList.remove('over'));
document.addEventListener('drop', event => {
  event.preventDefault();
  document.querySelector('.drop')?.classList.remove('over');
  void take(event.dataTransfer?.files[0]);
});
