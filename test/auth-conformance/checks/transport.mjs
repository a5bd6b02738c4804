import { skip } from '../outcome.mjs';
import { MCP } from '../references.mjs';
import { bearer, expectStatuses } from '../subject.mjs';

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** A valid request with this header, in each era: each must be answered with one of these statuses. */
async function refusesHeader(subject, name, values, isRefusal, expected) {
  const credential = bearer(await subject.tokens.of('valid'));
  const answers = {};
  for (const era of await subject.eras()) {
    for (const value of values)
      answers[`${value} (${era})`] = (await subject.probe(era, credential, { extra: [[name, value]] })).answer.status;
  }
  return expectStatuses(answers, isRefusal, { expected });
}

export const checks = [
  {
    id: 'server-auth-origin-403',
    name: 'ForeignOriginForbidden',
    level: 'MUST',
    description: 'A request from a page of another origin is answered 403, be its token valid',
    specReferences: [MCP.endpoint],
    run: subject =>
      refusesHeader(
        subject,
        'origin',
        ['https://rebound.example', 'null', `${new URL(subject.url).origin}.rebound.example`],
        status => status === 403,
        403,
      ),
  },
  {
    id: 'server-auth-host-403',
    name: 'ForeignHostForbidden',
    level: 'SHOULD',
    description: 'A server on loopback that is called by another host name, which may have been rebound to it, refuses',
    specReferences: [MCP.endpoint],
    async run(subject) {
      if (!LOOPBACK.includes(new URL(subject.url).hostname)) skip('the server is not called on loopback');
      return refusesHeader(
        subject,
        'host',
        ['rebound.example', '127.0.0.1.rebound.example'],
        status => status >= 400 && status < 500,
        'a refusal',
      );
    },
  },
];
