/**
 * What came of one request.
 *
 * @typedef {'refused' | 'served' | 'rejectedByNode' | 'rejectedByFramework' | 'answeredByProtocol' | 'accepted' | 'goodRefused' | 'status5xx' | 'unanswered' | 'refusalUnaccounted'} Verdict
 */

export const FAILURES = ['accepted', 'goodRefused', 'status5xx', 'unanswered', 'refusalUnaccounted'];

const isRefusal = ({ type }) => type.endsWith('.refused');

/** A token that is longer than its issuer is configured for. Node and Fastify say 431 of headers in other words. */
const isOfLibraryBody = body => body === '{"statusCode":431,"message":"Request Header Fields Too Large"}';

/** Node's parser answers before there is a request; Fastify writes that answer in its own words. */
const isOfNode = ({ status, body, headers }) =>
  (status === 431 && !isOfLibraryBody(body)) ||
  (status === 400 && !headers['www-authenticate'] && (body === '' || body.includes('"Client Error"')));

/** 401, 403, a 431 in its words, and a 400 that is a bearer challenge: nothing but the library gives these answers. */
const isOfLibrary = ({ status, headers, body }) =>
  status === 401 ||
  (status === 431 && isOfLibraryBody(body)) ||
  status === 403 ||
  (status === 400 && headers['www-authenticate'] !== undefined);

/** Exactly one record, with a reason, and with no identity while the credential is unverified. */
const isAccounted = ([record, ...more]) =>
  Boolean(record?.reason) && !more.length && (record.type !== 'admission.refused' || record.sub === null);

/**
 * @param {import('./requests/requests.mjs').HostileRequest} request
 * @param answer what HTTP said; `undefined` when nothing
 * @param records its audit records
 * @returns {Verdict}
 */
export function judge(request, answer, records) {
  if (!answer) return 'unanswered';
  if (answer.status >= 500) return 'status5xx';
  const ran = records.some(({ type }) => type === 'execution.intent');
  if (request.sub) return judgeGood(request, answer, records, ran);
  if (ran || (answer.status < 400 && !request.authenticated)) return 'accepted';
  const refusals = records.filter(isRefusal);
  if (isOfNode(answer)) return refusals.length ? 'refusalUnaccounted' : 'rejectedByNode';
  if (request.authenticated) return judgeMessage(answer, refusals);
  if (isOfLibrary(answer)) return isAccounted(refusals) ? 'refused' : 'refusalUnaccounted';
  return refusals.length ? 'refusalUnaccounted' : 'rejectedByFramework';
}

function judgeGood({ sub }, { status, body }, records, ran) {
  if (ran && (!body.includes(sub) || /mallory|evilcorp/.test(body))) return 'accepted';
  if ((status !== 200 && status !== 201) || !ran) return 'goodRefused';
  return records.some(isRefusal) ? 'refusalUnaccounted' : 'served';
}

/** A batch may be refused in several of its members, and a wrong input is an answer of the protocol: status 200. */
function judgeMessage({ status }, refusals) {
  if (status === 401) return 'goodRefused';
  const isRecorded =
    refusals.every(({ reason, type }) => reason && type !== 'admission.refused') &&
    (status !== 403 || refusals.length > 0);
  return isRecorded ? 'answeredByProtocol' : 'refusalUnaccounted';
}
