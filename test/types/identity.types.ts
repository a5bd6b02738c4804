import { expectTypeOf } from 'expect-type';
import {
  type Actor,
  type Agent,
  type DelegationMode,
  type EnvelopeParts,
  ExecutionIdentityEnvelope,
  Identity,
  type IdentityPath,
  type ToolContext,
} from 'nestjs-eie';
import * as core from 'execution-identity';

// One class and one set of types, whichever package they are imported from.
expectTypeOf(ExecutionIdentityEnvelope).toEqualTypeOf<typeof core.ExecutionIdentityEnvelope>();
expectTypeOf<ExecutionIdentityEnvelope>().toExtend<EnvelopeParts>();

// Nobody makes an envelope by hand: neither by its constructor nor as an object that looks like one.
declare const parts: EnvelopeParts;
// @ts-expect-error -- the constructor is private
new ExecutionIdentityEnvelope(parts);
// @ts-expect-error -- a class that is derived from it has no constructor to call
class Forged extends ExecutionIdentityEnvelope {}
expectTypeOf(Forged).not.toBeAny();
expectTypeOf<EnvelopeParts>().not.toExtend<ExecutionIdentityEnvelope>();
expectTypeOf(ExecutionIdentityEnvelope.isIssued).guards.toEqualTypeOf<ExecutionIdentityEnvelope>();

// Nothing of it can be written to.
declare const envelope: ExecutionIdentityEnvelope;
// @ts-expect-error -- a part is read-only
envelope.actor = { type: 'user', issuer: 'https://evil.test', sub: 'mallory' };
// @ts-expect-error -- a field is read-only
envelope.actor.sub = 'mallory';
// @ts-expect-error -- so are lists
envelope.authorization.scopes.push('admin');
// @ts-expect-error -- and who stands in a chain
envelope.agent.chain[0]!.sub = 'mallory';

// What is optional says so, and what is mandatory is never undefined.
expectTypeOf(envelope.actor).toEqualTypeOf<Actor>();
expectTypeOf<Actor['type']>().toEqualTypeOf<'user' | 'service'>();
expectTypeOf<Actor['tenant']>().toEqualTypeOf<string | undefined>();
expectTypeOf<Agent['chain']>().items.toEqualTypeOf<{ readonly issuer: string; readonly sub: string }>();
expectTypeOf(envelope.session.trace_id).toEqualTypeOf<string>();
expectTypeOf(envelope.session.id).toEqualTypeOf<string | undefined>();
expectTypeOf(envelope.meta.version).toEqualTypeOf<1>();
expectTypeOf<DelegationMode>().toEqualTypeOf<'service_identity' | 'on_behalf_of' | 'restricted_user'>();

// A path leads to a part or to a field of a part.
expectTypeOf<'actor'>().toExtend<IdentityPath>();
expectTypeOf<'actor.sub'>().toExtend<IdentityPath>();
expectTypeOf<'agent.id'>().toExtend<IdentityPath>();
expectTypeOf<'session.trace_id'>().toExtend<IdentityPath>();
expectTypeOf<'authorization.scopes'>().toExtend<IdentityPath>();
expectTypeOf<'actor.nope'>().not.toExtend<IdentityPath>();
expectTypeOf<'token'>().not.toExtend<IdentityPath>();
expectTypeOf<string>().not.toExtend<IdentityPath>();

export class Handlers {
  whole(@Identity() _identity: ExecutionIdentityEnvelope) {}
  field(@Identity('actor.sub') _sub: string) {}
  // @ts-expect-error -- an actor has no such field
  unknownField(@Identity('actor.nope') _nope: string) {}
  // @ts-expect-error -- a path ends at a field of a part
  tooDeep(@Identity('agent.chain.0') _first: unknown) {}
}

expectTypeOf<ToolContext<{ orderId: string }>['input']>().toEqualTypeOf<{ orderId: string }>();
expectTypeOf<ToolContext<unknown>['identity']>().toEqualTypeOf<ExecutionIdentityEnvelope>();
