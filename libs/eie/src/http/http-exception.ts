import { HttpException } from '@nestjs/common';
import { isInstance } from 'execution-identity/internal';

/** The status of a Nest exception; `undefined` for any other error, and where it says none that HTTP has. It never throws. */
export function httpStatusOf(error: unknown): number | undefined {
  if (!isInstance(error, HttpException)) return undefined;
  try {
    const status: unknown = error.getStatus();
    return Number.isInteger(status) && Number(status) >= 100 && Number(status) < 600 ? Number(status) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The message of a Nest exception whose status is below 500: its text, or what its response is as JSON. `undefined` for any other error, and
 * for a response that is neither. It never throws.
 */
export function httpMessageOf(error: unknown): string | undefined {
  const status = httpStatusOf(error);
  if (status === undefined || status >= 500) return undefined;
  try {
    const response: unknown = (error as HttpException).getResponse();
    if (typeof response !== 'object' || response === null) return typeof response === 'string' ? response : undefined;
    return 'message' in response ? [response.message].flat().join('; ') : JSON.stringify(response);
  } catch {
    return undefined;
  }
}
