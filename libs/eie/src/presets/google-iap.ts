import { ArrayNotEmpty } from 'class-validator';
import { IsStrings } from '../options/constraints.js';
import { defineProvider } from './define-provider.js';

const AUDIENCE =
  '$property must list the signed header JWT audience of the backend, such as "/projects/1234567890/global/backendServices/1234567890123456789"';

export class GoogleIapParameters {
  /** The *Signed Header JWT Audience* of the backend, as the console shows it. */
  @ArrayNotEmpty({ message: AUDIENCE })
  @IsStrings({ message: AUDIENCE })
  audience: string[];
}

/**
 * Identity-Aware Proxy of Google Cloud in front of this server, as in "Securing your app with signed headers".
 *
 * The assertion stands in `x-goog-iap-jwt-assertion`. A user is somebody of a Google Workspace or Cloud Identity domain, `hd`. An account outside of one, and a service account, has none and is
 * refused. There is no client in an assertion: the backend that it is for stands for it. There are no scopes and no roles.
 *
 * There is NO delegation: nobody exchanges an assertion.
 *
 * It does NOT take ID tokens or access tokens of Google, which another issuer makes.
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example googleIap({ audience: ['/projects/1234567890/global/backendServices/1234567890123456789'] })
 */
export const googleIap = defineProvider({
  name: 'googleIap',
  parameters: GoogleIapParameters,
  issuer: ({ audience }) => ({
    issuer: 'https://cloud.google.com/iap',
    jwksUri: 'https://www.gstatic.com/iap/verify/public_key-jwk',
    algorithms: ['ES256'],
    audience,
    tokenHeader: { name: 'x-goog-iap-jwt-assertion' },
    accessTokenClaim: { claim: 'email' },
    claims: { clientId: 'aud' },
    actorType: { user: { claim: 'hd' } },
  }),
  exchange: { clientCredentials: 'none' },
});
