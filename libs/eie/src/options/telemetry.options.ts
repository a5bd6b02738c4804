import { IsOptional, ValidateBy } from 'class-validator';

/** Characters: a key that is shorter could be guessed, and with it every user. */
const KEY_LENGTH = 32;

const isEndUser = (value: unknown): boolean => {
  if (value === 'subject' || value === 'none') return true;
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== 'pseudonymKey') return false;
  const { pseudonymKey } = value as { pseudonymKey: unknown };
  return typeof pseudonymKey === 'string' && pseudonymKey.length >= KEY_LENGTH;
};

/** What OpenTelemetry is told, where the application has it in the process. */
export class TelemetryOptions {
  /**
   * How spans name the user. `'subject'`: `enduser.id` is the `sub` of the user. `{ pseudonymKey }`: `enduser.pseudo.id` is a keyed hash of
   * issuer, tenant and `sub`, the same for the same user wherever the same key of 32 characters or more is used. `'none'`: neither.
   * Default `'subject'`.
   */
  @IsOptional()
  @ValidateBy(
    { name: 'isEndUser', validator: { validate: isEndUser } },
    { message: `$property must be "subject", "none" or { pseudonymKey } with ${KEY_LENGTH} characters or more` },
  )
  endUser?: 'subject' | 'none' | { pseudonymKey: string };
}
