import { serve } from '../load/serve.js';
import { MCP_CONTENDERS, type McpSetting } from './contenders.js';

export interface McpServerAbout extends McpSetting {
  readonly contender: string;
}

serve<McpServerAbout>(({ contender, ...setting }) => MCP_CONTENDERS[contender]!(setting));
