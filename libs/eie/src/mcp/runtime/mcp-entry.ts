import { type Type } from '@nestjs/common';
import { type DataSubjectField } from '../../authorization/data-subject.decorator.js';
import { type HandlerEntry } from '../../record/handler-entry.js';
import { type InputShapes } from '../input/closed-input.js';
import { type JsonSchema } from '../protocol/dto-schema.js';
import { type McpCall } from './mcp-call.js';
import {
  type PromptOptions,
  type ResourceOptions,
  type ResourceTemplateOptions,
  type ToolOptions,
} from '../mcp.decorators.js';

/** A method that MCP clients can reach, as its route serves it. */
export type McpEntry = EntryParts &
  (
    | {
        readonly kind: 'tool';
        readonly options: ToolOptions;
        readonly output?: { readonly dto: Type; readonly jsonSchema: JsonSchema; readonly shapes: InputShapes };
      }
    | { readonly kind: 'resource'; readonly options: ResourceOptions }
    | { readonly kind: 'template'; readonly options: ResourceTemplateOptions }
    | { readonly kind: 'prompt'; readonly options: PromptOptions }
  );

interface EntryParts {
  /** How it is listed, unique among those of its kind. */
  readonly name: string;
  /** How the audit log names it. */
  readonly handlerName: string;
  readonly entry: HandlerEntry;
  readonly dto: Type | undefined;
  readonly jsonSchema: JsonSchema;
  /** Which members its input may have. */
  readonly shapes: InputShapes;
  /** Where its input may name somebody, and why: for a reviewer. */
  readonly dataSubjects: readonly DataSubjectField[];
  /** Runs the method through guards, interceptors, pipes and filters, in context type `mcp`. */
  readonly invoke: Pipeline;
}

export type Pipeline = (call: McpCall, input: unknown) => Promise<unknown>;
