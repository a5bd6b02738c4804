import { type TargetGrant } from 'execution-identity/internal';
import { type AnyCredential } from '../../options/target-credential.js';

const credentials = new WeakMap<TargetGrant, AnyCredential>();

/** Stores the credential of a target apart from the target, so that code with the target cannot use it. */
export function keepCredential(target: TargetGrant, credential: AnyCredential): void {
  credentials.set(target, credential);
}

/** The credential of a target that knows no OAuth. For the requests to that target alone. */
export function credentialOf(target: TargetGrant): AnyCredential | undefined {
  return credentials.get(target);
}
