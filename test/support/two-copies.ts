import 'reflect-metadata';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type * as Eie from 'nestjs-eie';
import { EieModule } from 'nestjs-eie';
import type * as EieMcp from 'nestjs-eie/mcp';
import { EieMcpModule } from 'nestjs-eie/mcp';

/** An application whose tool class, or whose MCP module too, comes from the copy of the package in the folder `COPY`. */
const { COPY = '', MODULES_OF_THE_COPY } = process.env;
const copy = (await import(`${COPY}/src/index.ts`)) as typeof Eie;
const mcp = (await import(`${COPY}/src/mcp/index.ts`)) as typeof EieMcp;

@mcp.ToolController()
class ProfileTools {
  @mcp.Tool({ name: 'whoami' })
  @copy.Authenticated()
  whoami() {
    return 'somebody';
  }
}

const resource = 'https://mcp.shop.test/mcp';
const issuer = {
  issuer: 'https://login.shop.test',
  jwksUri: 'https://login.shop.test/jwks',
  algorithms: ['ES256' as const],
  actorType: { user: { claim: 'sub_profile' } },
};
const McpModule: Type & Pick<typeof EieMcpModule, 'register'> = MODULES_OF_THE_COPY ? mcp.EieMcpModule : EieMcpModule;

@Module({
  imports: [
    EieModule.forRoot({
      resource,
      issuers: [issuer],
      audit: { directory: join(tmpdir(), `eie-copies-${process.pid}`) },
    }),
    McpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' }),
  ],
  providers: [ProfileTools],
})
class Application {}

try {
  await (await NestFactory.create(Application, { logger: false, abortOnError: false })).init();
  console.log('booted');
} catch (error) {
  console.log((error as Error).message);
}
process.exit();
