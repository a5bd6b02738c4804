import { type EieErrorCode } from 'execution-identity';
import { type Words } from './words.js';

/** "Microsoft Entra authentication and authorization error codes", and AADSTS500131 of its on-behalf-of flow. */
const AADSTS: readonly (readonly [EieErrorCode, readonly number[]])[] = [
  ['delegation_consent_required', [65001, 65004, 90008, 90094, 90095]],
  ['delegation_user_not_assigned', [50105]],
  ['delegation_step_up', [50072, 50074, 50076, 50078, 50079, 50097, 50125, 50127, 50129, 50155, 50158, 53004, 700020]],
  [
    'delegation_reauthenticate',
    [50013, 500133, 50006, 50027, 50055, 50058, 50085, 50089, 50132, 50133, 50144, 50173, 70008, 70043, 700082, 900384],
  ],
  ['delegation_audience_unavailable', [50001, 500011, 650052, 650054, 650057]],
  [
    'delegation_misconfigured',
    [
      240002, 50012, 500131, 50146, 50048, 50194, 65005, 650056, 70001, 700011, 70002, 700016, 700025, 700027, 70003,
      700030, 7000112, 7000114, 7000215, 7000218, 7000222, 90002, 900144, 9001023, 9002313,
    ],
  ],
  [
    'delegation_denied',
    [
      16003, 28002, 50002, 50005, 50020, 500212, 500213, 50034, 50053, 50057, 50131, 51004, 53000, 53001, 53002, 53003,
      53009, 530021, 530031, 530032, 530034, 530035, 530084, 53010, 53011, 70011, 700022, 700023, 90072, 90093, 90123,
    ],
  ],
  ['delegation_rate_limited', [50196, 90055]],
  ['delegation_unavailable', [50033, 50087, 90006, 90012, 90024, 90033, 90090, 90091]],
];

const CODES: ReadonlyMap<number, EieErrorCode> = new Map(
  AADSTS.flatMap(([code, numbers]) => numbers.map(number => [number, code] as const)),
);

/**
 * Most answers are `invalid_grant`, whatever the cause: the number tells. With `claims` the client can get what it lacks, be it blocked
 * by Conditional Access (53003) or asked for another factor.
 */
export const entraIdWords: Words = ({ error, codes, suberror, hasClaims }) => {
  const number = codes.find(one => CODES.has(one));
  const detail = number === undefined ? undefined : `AADSTS${number}`;
  if (hasClaims) return ['delegation_step_up', detail ?? 'claims_challenge'];
  if (number !== undefined) return [CODES.get(number)!, detail!];
  if (suberror === 'consent_required') return ['delegation_consent_required', 'consent_required'];
  return error === 'invalid_resource' ? ['delegation_audience_unavailable', 'invalid_resource'] : undefined;
};
