import { runPart } from '../shop/part.js';
import { startMcpServer } from './mcp-server.module.js';

runPart(settings => startMcpServer(settings));
