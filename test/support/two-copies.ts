import 'reflect-metadata';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type * as Eie from 'nestjs-eie';
import * as Own from 'nestjs-eie';
import { EieModule } from 'nestjs-eie';
import type * as EieMcp from 'nestjs-eie/mcp';
import * as OwnMcp from 'nestjs-eie/mcp';
import { EieMcpModule } from 'nestjs-eie/mcp';

/** Where the other copy of the package is. */
const OTHER = process.env.COPY ?? '';

interface Copy {
  readonly copy: typeof Eie;
  readonly mcp: typeof EieMcp;
}

async function copyIn(folder: string): Promise<Copy> {
  const copy = (await import(`${folder}/src/index.ts`)) as typeof Eie;
  return { copy, mcp: (await import(`${folder}/src/mcp/index.ts`)) as typeof EieMcp };
}

const resource = 'https://mcp.shop.test/mcp';
const issuer = {
  issuer: 'https://login.shop.test',
  jwksUri: 'https://login.shop.test/jwks',
  algorithms: ['ES256' as const],
  actorType: { user: { claim: 'sub_profile' } },
};

/** What comes of an application whose tool class comes from that copy, and its MCP module from there or from here. */
async function boot(
  { copy, mcp }: Copy,
  McpModule: Type & Pick<typeof EieMcpModule, 'register'> = EieMcpModule,
): Promise<string> {
  @mcp.ToolController()
  class ProfileTools {
    @mcp.Tool({ name: 'whoami' })
    @copy.Authenticated()
    whoami() {
      return 'somebody';
    }
  }

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
    const app = await NestFactory.create(Application, { logger: false, abortOnError: false });
    await app.init();
    await app.close();
    return 'booted';
  } catch (error) {
    return (error as Error).message;
  }
}

// In this order: the other copy is not in the process until it is asked for.
const oneCopy = await boot({ copy: Own, mcp: OwnMcp });
const other = await copyIn(OTHER);
const toolsOfTheOther = await boot(other);
const modulesOfTheOther = await boot(other, other.mcp.EieMcpModule);
console.log(JSON.stringify({ oneCopy, toolsOfTheOther, modulesOfTheOther }));
process.exit();
