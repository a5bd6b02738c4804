import 'reflect-metadata';
import { addRequirement, markPublic } from './policy-metadata.js';
import { type Requirement } from 'execution-identity';

type ClassOrMethodDecorator = ClassDecorator & MethodDecorator;

function requirement(value: Requirement): ClassOrMethodDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    addRequirement((descriptor?.value as object | undefined) ?? target, value);
  };
}

/**
 * The identity must hold every one of these scopes. On a class it holds for all its handlers; several decorators add up.
 * A caller that lacks one gets 403 `insufficient_scope` naming all scopes of the operation (RFC 6750 §3.1).
 */
export const RequireScopes = (...scopes: [string, ...string[]]): ClassOrMethodDecorator =>
  requirement({ kind: 'all_scopes', scopes });

/** The identity must hold one of these scopes. Name the least powerful first: it is the one a caller is told to ask for. */
export const RequireAnyScope = (...scopes: [string, ...string[]]): ClassOrMethodDecorator =>
  requirement({ kind: 'any_scope', scopes });

/** Any verified identity will do; no particular right is needed. */
export const Authenticated = (): ClassOrMethodDecorator => requirement({ kind: 'authenticated' });

/**
 * The HTTP handler runs without an identity, for the reason given. Credentials are stripped from the request all the
 * same. Refused at boot on a tool, beside a requirement, and beside `@Identity()`.
 */
export function Public({ reason }: { reason: string }): MethodDecorator {
  return (_target, _key, descriptor) => markPublic(descriptor.value as object, reason);
}
