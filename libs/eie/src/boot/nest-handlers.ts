import { Inject, Injectable, type Type } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { graphsOf } from './graphs.js';
import { decoratedOf } from './tool-classes.js';

/** How `@nestjs/microservices`, an optional package, marks message and event handlers, and which transport they are for. */
const PATTERN_METADATA = 'microservices:pattern';
const TRANSPORT_METADATA = 'microservices:transport';
const CLAIMED = 'eie:claimed-transport';

const REFERENCE = 'graphql:resolve_reference';

/** How `@nestjs/websockets` and `@nestjs/graphql`, optional packages, mark their handlers: a key on the method, and its kind. */
const OTHERS = [
  { key: 'websockets:message_mapping', kind: 'gateway', what: 'messages of a gateway' },
  { key: 'graphql:resolver_type', kind: 'graphql', what: 'a GraphQL field' },
  { key: 'graphql:subscription_options', kind: 'graphql', what: 'a GraphQL subscription' },
  { key: REFERENCE, kind: 'graphql', what: 'references of a federated graph', isField: true },
  { key: 'graphql:resolve_property', kind: 'graphql', what: 'a field of a federated graph', isField: true },
] as const;

/** A method that Nest routes. */
export interface NestHandler {
  readonly type: Type;
  readonly method: string;
}

/** The same, of a kind that this library does not protect. */
export interface OtherHandler extends NestHandler {
  readonly kind: 'gateway' | 'graphql';
  /** For a sentence. */
  readonly what: string;
  /** Whether Nest runs it as a field of a type: without guards, unless `fieldResolverEnhancers` says so. */
  readonly isField: boolean;
}

/** What Nest knows of one provider or controller. */
export type Provided = Pick<
  ReturnType<DiscoveryService['getProviders']>[number],
  'instance' | 'metatype' | 'isNotMetatype'
>;

/** Every class that a module lists as a provider or a controller, once. */
export const classesOf = (discovery: DiscoveryService): Type[] => [
  ...new Set([...discovery.getProviders(), ...discovery.getControllers()].flatMap(one => listedClass(one) ?? [])),
];

const listedClass = ({ metatype }: Provided): Type | undefined =>
  typeof metatype === 'function' && (metatype.prototype as unknown) ? (metatype as Type) : undefined;

/** The class of what is provided, also of what a factory has made and of a value. Nothing of a value is called. */
export function providedClass(provided: Provided): Type | undefined {
  const instance: unknown = provided.instance;
  if (!provided.isNotMetatype) return listedClass(provided);
  if (typeof instance !== 'object' || instance === null) return undefined;
  const prototype = Object.getPrototypeOf(instance) as object | null;
  const type: unknown = prototype && Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return typeof type === 'function' && type.prototype === prototype ? (type as Type) : undefined;
}

/** Whether a decorator has put a function or a proxy in the place of a class: Nest routes it, and looks at its class for guards and parameters. */
export const isReplaced = (type: Type): boolean => (type.prototype as object).constructor !== type;

/** Declares that this controller serves the message handlers of a transport, and that each of their calls is decided and recorded. */
export function claimTransport(controller: Type, transport: unknown): void {
  Reflect.defineMetadata(CLAIMED, transport, controller);
}

/** Every method of the application that Nest routes, by its kind. */
@Injectable()
export class NestHandlers {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
  ) {}

  http(): NestHandler[] {
    return this.#marked(this.#controllers(), handler => Reflect.hasMetadata(METHOD_METADATA, handler));
  }

  /** Whether an adapter of this library serves the message handlers of a transport. */
  get isTransportClaimed(): boolean {
    return this.#claimed().length > 0;
  }

  /** Those of messages and events that no adapter of this library serves. */
  messages(): NestHandler[] {
    const controllers = this.#controllers();
    const claimed = new Set(this.#claimed());
    return this.#marked(
      controllers,
      handler =>
        Reflect.hasMetadata(PATTERN_METADATA, handler) &&
        !claimed.has(Reflect.getMetadata(TRANSPORT_METADATA, handler)),
    );
  }

  /**
   * Those of gateways and resolvers. GraphQL looks at the objects themselves: what a factory has made is a resolver too. Fields of types are
   * among them in a federated graph alone, where anybody can ask for them by a reference: elsewhere they are behind the query that leads to them.
   */
  others(): OtherHandler[] {
    const providers = this.discovery.getProviders();
    const types = providers.flatMap(one => listedClass(one) ?? []);
    const made = providers.flatMap(one => providedClass(one) ?? []).filter(type => !types.includes(type));
    const references = this.#marked([...types, ...made], handler => Reflect.hasMetadata(REFERENCE, handler));
    const isFederated = references.length > 0 || graphsOf(this.discovery).some(graph => graph.isFederated);
    const kinds = OTHERS.filter(one => isFederated || !('isField' in one));
    const kindOf = (handler: object) => kinds.find(({ key }) => Reflect.hasMetadata(key, handler));
    return [
      ...this.#marked([...new Set(types)], handler => kindOf(handler) !== undefined),
      ...this.#marked([...new Set(made)], handler => kindOf(handler)?.kind === 'graphql'),
    ].map(({ type, method }) => {
      const found = kindOf((type.prototype as Record<string, object>)[method]!)!;
      return { type, method, kind: found.kind, what: found.what, isField: 'isField' in found };
    });
  }

  /** Classes with methods of any kind that Nest routes, of which the class is not the one that Nest has. */
  replaced(): Type[] {
    const isRouted = (handler: object): boolean =>
      [METHOD_METADATA, PATTERN_METADATA, ...OTHERS.map(({ key }) => key)].some(key =>
        Reflect.hasMetadata(key, handler),
      );
    return classesOf(this.discovery)
      .filter(isReplaced)
      .filter(type => decoratedOf(type).length > 0 || this.#marked([type], isRouted).length > 0);
  }

  #claimed(): unknown[] {
    return this.#controllers()
      .filter(type => Reflect.hasMetadata(CLAIMED, type))
      .map(type => Reflect.getMetadata(CLAIMED, type) as unknown);
  }

  #controllers(): Type[] {
    return [
      ...new Set(this.discovery.getControllers().flatMap(({ metatype }) => (metatype ? [metatype as Type] : []))),
    ];
  }

  #marked(types: readonly Type[], isMarked: (handler: object) => boolean): NestHandler[] {
    return types.flatMap(type => {
      const prototype = type.prototype as Record<string, object>;
      return this.scanner
        .getAllMethodNames(prototype)
        .filter(method => isMarked(prototype[method]!))
        .map(method => ({ type, method }));
    });
  }
}
