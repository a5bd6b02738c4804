import { createParamDecorator, Inject, Injectable, Optional, type PipeTransform } from '@nestjs/common';
import { provided } from '../configuration/provided.js';
import { envelopeOf } from '../record/envelope-of.js';
import { type ExecutionIdentityEnvelope } from 'execution-identity';
import { unseenByPipes } from '../authorization/unseen-by-pipes.js';
import { declareTargets } from '../authorization/declared-targets.js';
import { type DelegatedFetch } from './call/delegated-fetch.js';
import { DelegationService } from './delegation.service.js';

interface Binding {
  identity: ExecutionIdentityEnvelope;
  target: string;
}

/** Nest gives parameter decorators no injection; a pipe has it. */
@Injectable()
export class DelegatedFetchPipe implements PipeTransform<Binding, DelegatedFetch> {
  readonly #delegation: DelegationService;

  constructor(@Optional() @Inject(DelegationService) delegation?: DelegationService) {
    this.#delegation = provided(delegation, '@Delegated()');
  }

  transform({ identity, target }: Binding): DelegatedFetch {
    return this.#delegation.for(identity, target);
  }
}

const bound = createParamDecorator((target: string, context): Binding => ({ identity: envelopeOf(context), target }));

/**
 * Declares that the handler calls this target, and injects the fetch for it: bound to the identity of this execution and
 * to the target's base URL. It holds no token that the handler could read.
 *
 * @example status(@ToolInput() { id }: OrderQuery, @Delegated('orders_api') orders: DelegatedFetch) { return orders.json(path`/orders/${id}`); }
 */
export function Delegated(target: string): ParameterDecorator {
  return (prototype, method, index) => {
    if (method === undefined) throw new TypeError('@Delegated() belongs on a parameter of a handler method.');
    declareTargets({ target: prototype, method }, [target]);
    unseenByPipes(prototype, method, index);
    bound(target, DelegatedFetchPipe)(prototype, method, index);
  };
}

/**
 * Declares targets that services behind the handler call through {@link DelegationService}. On a class it applies to all its handlers.
 *
 * @example @Tool({ name: 'invoice' }) @DelegatesTo('billing_api') invoice(@Identity() identity: ExecutionIdentityEnvelope) {}
 */
export function DelegatesTo(...targets: [string, ...string[]]): ClassDecorator & MethodDecorator {
  return (target: object, method?: string | symbol) => declareTargets({ target, method }, targets);
}
