import { ArrayMaxSize, ArrayNotEmpty, IsArray, MinLength } from 'class-validator';
import { DelegatedTokenStore } from 'execution-identity';
import { Extends } from './port-constraints.js';

const SECRETS =
  '$property must be a list of one to four secrets of at least 32 characters each, the same in every process of this server: the newest first';

/**
 * A store in which the processes of one server share the tokens that they have obtained for targets. Each is sealed, by a secret that the processes have and the
 * store does not.
 */
export class DelegatedTokensOptions {
  /** Such as that of `nestjs-eie-redis` or `nestjs-eie-postgres`. It sees no token. */
  @Extends(DelegatedTokenStore)
  store: DelegatedTokenStore;

  /**
   * The first seals, each opens. To change it, put the new one second, in every process; then first; then leave the old one out. Whoever has one and
   * reads the store has the tokens in it.
   */
  @MinLength(32, { each: true, message: SECRETS })
  @ArrayMaxSize(4, { message: SECRETS })
  @ArrayNotEmpty({ message: SECRETS })
  @IsArray({ message: SECRETS })
  secrets: string[];
}
