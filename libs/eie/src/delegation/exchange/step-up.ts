import { type StepUp } from 'execution-identity';

const MAX_CLAIMS = 2048;

/**
 * What an error answer says of the next authentication: RFC 9470 §3, and the `claims` of Entra ID. The values are checked: none can break out
 * of the challenge parameter in which it is passed on.
 */
export function stepUpOf({ acr_values, max_age, claims }: Readonly<Record<string, unknown>>): StepUp {
  return {
    ...(typeof acr_values === 'string' && /^[\w:/.\-+# ]{1,512}$/.test(acr_values) && { acrValues: acr_values }),
    ...(Number.isSafeInteger(max_age) && (max_age as number) >= 0 && { maxAge: max_age as number }),
    ...(typeof claims === 'string' && claims.length <= MAX_CLAIMS && isObject(claims) && { claims }),
  };
}

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
