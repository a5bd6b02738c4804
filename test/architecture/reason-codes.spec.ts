import { readFileSync, writeFileSync } from 'node:fs';
import { wireOf } from 'execution-identity';
import { REASON_CODES, remedyOf, textOf } from 'execution-identity/internal';

const PAGE = new URL('../../docs/reason-codes.md', import.meta.url);
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

const HEAD = `# Reason codes

Every refusal has one of these codes: as \`code\` of the \`EieError\`, as \`reason\` on the audit log, and at the beginning of the line on the
log of the application. That line also names the claim that decided, the expected and the received value of \`iss\` and \`aud\`, or the document
or endpoint that failed and how. An HTTP client learns the status and, where other credentials would help, a challenge; nothing else.
The client of a tool learns the code and the text of "what happened", because the response has begun.

The level of the line is \`error\` where the operator has to change something or the server has failed, and \`warn\` otherwise. In a minute ten lines of
one code are shown; a further line then says how many were left out. The audit log has all of them.

This page is generated from the tables that the errors come from: \`UPDATE_DOCS=1 npm test -- reason-codes\`.
`;

function page(): string {
  const rows = REASON_CODES.map(code => {
    const { level, fix } = remedyOf(code);
    return `| \`${code}\` | ${wireOf(code).status} | ${level} | ${cell(textOf(code))} | ${cell(fix)} |`;
  });
  return `${HEAD}\n| code | HTTP | level | what happened | what to do |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
}

if (process.env.UPDATE_DOCS) writeFileSync(PAGE, page());

describe('the page of reason codes', () => {
  it('says of every code what the errors and the log of the application say', () => {
    expect(readFileSync(PAGE, 'utf8')).toBe(page());
  });

  it.each(REASON_CODES)('tells how to fix %s in whole sentences', code => {
    const { fix } = remedyOf(code);
    expect(fix).toMatch(/^[A-Z][^]{20,}[.?]$/);
  });
});
