import { type Type } from '@nestjs/common';
import { type DiscoveryService } from '@nestjs/core';
import { type BootProblem } from '../../boot/boot-checks.js';
import { TOOL_CLASS } from '../../boot/tool-classes.js';
import { THIS_COPY } from '../../configuration/copies.js';

/** Tool classes that another copy of this package has decorated. This one cannot read their tools, and would serve none of them. */
export function foreignTools(discovery: DiscoveryService): BootProblem[] {
  const types = [...discovery.getProviders(), ...discovery.getControllers()].flatMap(({ metatype }) =>
    typeof metatype === 'function' ? [metatype as Type] : [],
  );
  return [...new Set(types)].flatMap(type => {
    const copy = Reflect.getMetadata(TOOL_CLASS, type) as string | undefined;
    if (copy === undefined || copy === THIS_COPY) return [];
    const message = `${type.name} is decorated by the copy of nestjs-eie in ${copy}, and this application runs the one in ${THIS_COPY}, which would serve none of its tools: import both from one copy.`;
    return [{ message, type }];
  });
}
