import { EieConfigurationError } from 'execution-identity';
import { isDevelopment } from '../options/environment.js';

/**
 * The test kit makes tokens for anybody, so it must not start in production. Call this before anything else.
 *
 * @param what the part of the kit that is called, for the message
 * @throws EieConfigurationError where NODE_ENV is neither `development` nor `test`; unset means production
 */
export function assertTesting(what: string): void {
  if (isDevelopment()) return;
  throw new EieConfigurationError(
    `${what} works only where NODE_ENV is "development" or "test", since it makes tokens for anybody: set NODE_ENV=test for your tests, and remove ${what} from what you ship.`,
  );
}
