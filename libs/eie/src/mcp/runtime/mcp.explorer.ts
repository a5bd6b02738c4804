import { Inject, Injectable, Optional, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { declaredFields } from '../../authorization/data-subject.decorator.js';
import { HandlerRegistry } from '../../authorization/handler-registry.js';
import { type HandlerEntry } from '../../record/handler-entry.js';
import { TargetRegistry } from '../../delegation/targets/target-registry.js';
import { type BootCheck, BootChecks, type BootProblem } from '../../boot/boot-checks.js';
import { isReplaced } from '../../boot/nest-handlers.js';
import { handlerProblems } from '../../boot/handler-problems.js';
import { provided } from '../../configuration/provided.js';
import { ServerProfile } from '../../configuration/server-profile.js';
import { inputShapes } from '../input/closed-input.js';
import { IdentityNames } from '../input/identity-names.js';
import { dtoProblems, inputTypeProblems } from '../input/dto-problems.js';
import { type CheckedInput, dataSubjects, inputProblems } from '../input/input-problems.js';
import { declaringSchema, dtoJsonSchema } from '../protocol/dto-schema.js';
import { parameterProblems } from '../input/parameter-problems.js';
import { foreignTools } from './foreign-tools.js';
import { type McpEntry } from './mcp-entry.js';
import { listingProblem, toolProviders } from './listing-problem.js';
import { McpPipelines } from './mcp.pipelines.js';
import { policyArgumentsProblem } from './policy-arguments.js';
import {
  inputType,
  PromptMethod,
  ResourceMethod,
  ResourceTemplateMethod,
  ToolClass,
  ToolMethod,
} from '../mcp.decorators.js';
import { declaredOutput } from '../protocol/tool-output.js';
import { RouteAssignment } from './route-assignment.js';
import { uriProblem, variablesOf } from '../protocol/uri-problems.js';
import { shownFieldProblems } from './shown-fields.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Declared = {
  [Kind in McpEntry['kind']]: Pick<Extract<McpEntry, { kind: Kind }>, 'kind' | 'options'>;
}[McpEntry['kind']];

const NOUNS = { tool: 'tool', resource: 'resource', template: 'resource', prompt: 'prompt' };

const handlerName = (kind: McpEntry['kind'], name: string): string =>
  kind === 'tool' ? name : `${NOUNS[kind]}:${name}`;

const NEEDS = 'EieMcpModule.register()';

/** Finds the tools, resources and prompts of one route at boot, and says which of them are not safe to serve. */
@Injectable()
export class McpExplorer implements BootCheck {
  readonly #entries: McpEntry[] = [];
  readonly #targets: TargetRegistry;
  readonly #registry: HandlerRegistry;
  readonly #identityNames: IdentityNames;

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(McpPipelines) private readonly pipelines: McpPipelines,
    @Inject(RouteAssignment) private readonly routes: RouteAssignment,
    @Optional() @Inject(TargetRegistry) targets?: TargetRegistry,
    @Optional() @Inject(HandlerRegistry) registry?: HandlerRegistry,
    @Optional() @Inject(BootChecks) checks?: BootChecks,
    @Optional() @Inject(ServerProfile) profile?: ServerProfile,
  ) {
    this.#registry = provided(registry, NEEDS);
    this.#identityNames = new IdentityNames(provided(profile, NEEDS).identityFields);
    this.#targets = provided(targets, NEEDS);
    provided(checks, NEEDS).add(this);
  }

  /** Empty until the application has been checked. */
  get entries(): readonly McpEntry[] {
    return this.#entries;
  }

  problems(): BootProblem[] {
    const misplaced = this.discovery.getControllers({ metadataKey: ToolClass.KEY }).map(({ name, metatype }) => ({
      type: metatype as Type,
      message: `${name} is a @ToolController() and is listed in "controllers", where its guards would not run: list it in "providers".`,
    }));
    const tools = toolProviders(this.discovery).flatMap(wrapper => this.#add(wrapper));
    return [...misplaced, ...foreignTools(this.discovery), ...tools];
  }

  #add(wrapper: Wrapper): BootProblem[] {
    const type = wrapper.metatype as Type;
    const problem = (message: string): BootProblem[] => [{ message, type }];
    const listed = listingProblem(wrapper, this.#entries);
    if (listed !== undefined) return problem(listed);
    // Another check says so.
    if (isReplaced(type)) return [];
    const misplaced = this.routes.problem(type);
    if (misplaced) return problem(misplaced);
    if (!this.routes.isOurs(type)) return [];
    const prototype = type.prototype as Record<string, () => unknown>;
    return this.scanner.getAllMethodNames(prototype).flatMap(method => {
      const declared = this.#declared(prototype[method]!);
      return declared.length > 1
        ? problem(`${type.name}.${method} is more than one of tool, resource and prompt: give each a method.`)
        : declared.flatMap(one => this.#addMethod(wrapper, this.#registry.entry(type, method)!, one));
    });
  }

  #declared(handler: () => unknown): Declared[] {
    const [tool, resource, template, prompt] = [
      this.reflector.get(ToolMethod, handler),
      this.reflector.get(ResourceMethod, handler),
      this.reflector.get(ResourceTemplateMethod, handler),
      this.reflector.get(PromptMethod, handler),
    ];
    return [
      ...(tool ? [{ kind: 'tool' as const, options: tool }] : []),
      ...(resource ? [{ kind: 'resource' as const, options: resource }] : []),
      ...(template ? [{ kind: 'template' as const, options: template }] : []),
      ...(prompt ? [{ kind: 'prompt' as const, options: prompt }] : []),
    ];
  }

  #addMethod(wrapper: Wrapper, entry: HandlerEntry, declared: Declared): BootProblem[] {
    const { type, method } = entry;
    const name = declared.kind === 'resource' ? (declared.options.name ?? declared.options.uri) : declared.options.name;
    const input = inputType(type.prototype as object, method);
    const problems = [
      ...handlerProblems(entry, {
        kind: 'tool',
        targets: this.#targets,
        ...(declared.kind === 'tool' && { approvals: 'asked' }),
      }),
      ...[
        ...this.#problems(declared, name, entry.name),
        ...parameterProblems(type, method, entry.name),
        ...inputTypeProblems(type, method, entry.name, input),
        ...(declared.kind === 'tool' && declared.options.output
          ? dtoProblems(declared.options.output, `${entry.name}: "output" of its @Tool()`)
          : []),
      ].map(message => ({ message, type })),
    ];
    if (problems.length) return problems;
    const dto = input as Type | undefined;
    const checked = checkedInput(declared, name, entry, dto);
    const wrong = inputProblems(checked, this.#identityNames);
    if (wrong.length) return wrong.map(message => ({ message, type }));
    const jsonSchema = dtoJsonSchema(dto);
    const unseen = shownFieldProblems(entry, jsonSchema);
    if (unseen.length) return unseen.map(message => ({ message, type }));
    const parts = {
      name,
      handlerName: handlerName(declared.kind, name),
      entry,
      dto,
      jsonSchema,
      shapes: inputShapes(jsonSchema),
      dataSubjects: dataSubjects(checked),
      invoke: this.pipelines.of(wrapper, entry),
    };
    const hidden = policyArgumentsProblem(declared, parts.jsonSchema);
    if (hidden !== undefined) return [{ message: `${entry.name}: ${hidden}`, type }];
    const output = declared.kind === 'tool' && declared.options.output;
    this.#entries.push({
      ...parts,
      ...declared,
      ...(output && { output: declaredOutput(output) }),
    });
    return [];
  }

  #problems(declared: Declared, name: string, handler: string): string[] {
    const problems: string[] = [];
    const { kind } = declared;
    const uri = uriProblem(declared, this.#entries);
    if (uri !== undefined) problems.push(`${handler}: ${uri}`);
    if (kind === 'tool' && !/^[\w.-]{1,64}$/.test(name))
      problems.push(`${handler}: the tool name "${name}" must be 1 to 64 letters, digits, "_", "-" or ".".`);
    if (this.#entries.some(entry => entry.handlerName === handlerName(kind, name)))
      problems.push(`${handler}: another ${NOUNS[kind]} is named "${name}" already: give it a name of its own.`);
    return problems;
  }
}

function checkedInput(
  { kind, options }: Declared,
  name: string,
  { type, method, name: handler }: HandlerEntry,
  dto: Type | undefined,
): CheckedInput {
  return {
    handler,
    listedAs: `${NOUNS[kind]} "${name}"`,
    schema: declaringSchema(dto),
    variables: 'uriTemplate' in options ? variablesOf(options.uriTemplate) : [],
    declared: declaredFields(type, method),
    hasClass: dto !== undefined,
  };
}
