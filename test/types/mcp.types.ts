import { expectTypeOf } from 'expect-type';
import { type CallToolResult, type GetPromptResult, type ReadResourceResult } from '@modelcontextprotocol/server';
import {
  EieMcpModule,
  type EieMcpOptions,
  McpContent,
  Prompt,
  ResourceTemplate,
  Tool,
  ToolCall,
  ToolInput,
} from 'nestjs-eie/mcp';

// Content of the protocol: of a tool unless told otherwise, of a resource or of a prompt, and of nothing else.
declare const [tool, resource, prompt]: [CallToolResult, ReadResourceResult, GetPromptResult];
expectTypeOf<McpContent['result']>().toEqualTypeOf<CallToolResult>();
expectTypeOf(new McpContent(tool).result).toEqualTypeOf<CallToolResult>();
expectTypeOf(new McpContent(resource).result).toEqualTypeOf<ReadResourceResult>();
expectTypeOf(new McpContent(prompt).result).toEqualTypeOf<GetPromptResult>();
// @ts-expect-error -- no result of the protocol
new McpContent({ answer: 42 });
// @ts-expect-error -- not one of the three
export type Other = McpContent<{ answer: number }>;

export class Tools {
  @Tool({ name: 'orders' })
  orders(@ToolInput() _input: object, @ToolCall() call: ToolCall) {
    expectTypeOf(call.signal).toEqualTypeOf<AbortSignal>();
    expectTypeOf(call.state<{ account: string }>()).toEqualTypeOf<{ account: string } | undefined>();
    // @ts-expect-error -- progress is a number
    void call.progress({ progress: 'half' });
  }

  // @ts-expect-error -- a tool has a name
  @Tool({ description: 'nameless' })
  nameless() {}

  // @ts-expect-error -- a template has one
  @ResourceTemplate({ name: 'order' })
  resource() {}

  // @ts-expect-error -- a prompt has a name
  @Prompt({})
  prompt() {}
}

const options: EieMcpOptions = { path: 'mcp', name: 'shop', version: '1.0.0' };
EieMcpModule.register(options);
// @ts-expect-error -- a server has a version
EieMcpModule.register({ path: 'mcp', name: 'shop' });
// @ts-expect-error -- no such option
EieMcpModule.register({ ...options, statless: true });
