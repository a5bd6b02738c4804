import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { McpServerModule } from './mcp-server.module.js';

const app = await NestFactory.create(McpServerModule);
app.enableShutdownHooks();
await app.listen(process.env.MCP_PORT ?? 3000);
