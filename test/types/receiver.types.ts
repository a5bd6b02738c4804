import { type IncomingMessage } from 'node:http';
import { expectTypeOf } from 'expect-type';
import {
  type AccessToken,
  decide,
  type EieError,
  type ExecutionIdentityEnvelope,
  type HandlerPolicy,
  type KeySource,
  type ReceiverPolicy,
  remoteKeys,
  staticKeys,
  verifyAccessToken,
  verifyDelegatedCall,
} from 'execution-identity';

declare const request: IncomingMessage;
declare const policy: ReceiverPolicy;

// The headers of Node, Express and Fastify, and those of a web request.
expectTypeOf(verifyDelegatedCall).toBeCallableWith(request.rawHeaders, policy);
expectTypeOf(verifyDelegatedCall).toBeCallableWith(request.headers, policy);
expectTypeOf(verifyDelegatedCall).toBeCallableWith(new Headers(), policy, 1_800_000_000);
// @ts-expect-error -- not a token
void verifyDelegatedCall('Bearer x.y.z', policy);
// @ts-expect-error -- nothing is believed without a policy
void verifyDelegatedCall(request.rawHeaders);
// @ts-expect-error -- a policy says whom it believes
void verifyDelegatedCall(request.rawHeaders, { ...policy, presenters: undefined });

// It gives an envelope or throws: there is no third.
expectTypeOf(verifyDelegatedCall).returns.resolves.toEqualTypeOf<ExecutionIdentityEnvelope>();
expectTypeOf(verifyAccessToken).returns.resolves.toEqualTypeOf<AccessToken>();
// @ts-expect-error -- what a token says cannot be changed
(await verifyAccessToken('', policy.issuers, 0)).sub = 'mallory';

// Keys are public, from a set or from an address.
expectTypeOf(staticKeys).returns.toEqualTypeOf<KeySource>();
expectTypeOf(remoteKeys).returns.toEqualTypeOf<KeySource>();
// @ts-expect-error -- a clock counts milliseconds as a number
remoteKeys('https://login.test/jwks', { clock: () => new Date() });

expectTypeOf(decide).parameter(1).toEqualTypeOf<HandlerPolicy>();
expectTypeOf<Awaited<ReturnType<typeof decide>>>().toEqualTypeOf<EieError | undefined>();
