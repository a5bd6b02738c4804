/** What the new files are written for. */
export interface GeneratedFor {
  /** Behind the names of imported files: nothing, `.js` or `.ts`. */
  readonly extension: string;
  readonly quote: string;
  readonly newline: string;
  /** As the server names itself to clients. */
  readonly name: string;
  readonly version: string;
}

/** The names of the new files, in a folder of their own. */
export const OPTIONS_FILE = 'identity.options';
export const MODULE_FILE = 'identity.module';
export const TOOLS_FILE = 'whoami.tools';
export const MODULE_NAME = 'IdentityModule';

/** The new files by their names, without their folder. No text in them has an apostrophe: the quotation marks are those of the project. */
export function generatedFiles(given: GeneratedFor): Record<string, string> {
  const name = given.name.replaceAll(/['"\\]/g, '');
  const styled = (text: string): string => text.replaceAll("'", given.quote).replaceAll('\n', given.newline);
  return {
    [`${OPTIONS_FILE}.ts`]: styled(OPTIONS),
    [`${TOOLS_FILE}.ts`]: styled(TOOLS),
    [`${MODULE_FILE}.ts`]: styled(moduleText({ ...given, name })),
  };
}

const OPTIONS = `import { EieConfigurationError, type EieOptions } from 'nestjs-eie';

/**
 * Who this server is, and whose access tokens it takes, from the environment.
 * The variables stand in .env.example.
 */
export function identityOptions(env = process.env): EieOptions {
  const missing: string[] = [];
  const required = (name: string, meaning: string): string => {
    if (!env[name]) missing.push(\`  - \${name}: set it to \${meaning}\`);
    return env[name] ?? '';
  };
  const resource = required(
    'EIE_RESOURCE',
    'the address of the MCP route as clients know it, such as http://localhost:3000/mcp',
  );
  const issuer = required(
    'EIE_ISSUER',
    'the issuer of access tokens, exactly as in their claim iss',
  );
  if (missing.length)
    throw new EieConfigurationError(
      \`The environment lacks what follows. nestjs-eie dev sets it; else set it, or start node with --env-file=.env:\\n\${missing.join('\\n')}\`,
    );

  return {
    resource,
    // For Keycloak, Auth0, Entra ID and others use what nestjs-eie/presets knows.
    issuers: [
      {
        issuer,
        jwksUri: 'discovery',
        algorithms: ['RS256', 'ES256'],
        // A token whose subject is not its client acts for a user (RFC 9068).
        actorType: { user: { claim: 'sub', differsFrom: 'client_id' } },
      },
    ],
    audit: { directory: env.EIE_AUDIT_DIRECTORY ?? 'eie-audit' },
  };
}
`;

const TOOLS = `import { Authenticated, Identity } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';

@ToolController()
export class WhoamiTools {
  @Tool({ name: 'whoami', description: 'Who calls, and through which agent' })
  @Authenticated()
  whoami(
    @Identity('actor.sub') user: string,
    @Identity('agent.id') agent: string,
  ) {
    return { user, agent };
  }
}
`;

const moduleText = ({ extension, name, version }: GeneratedFor): string => `import { Module } from '@nestjs/common';
import { EieModule } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { identityOptions } from './${OPTIONS_FILE}${extension}';
import { WhoamiTools } from './${TOOLS_FILE}${extension}';

@Module({
  imports: [
    EieModule.forRootAsync({ useFactory: () => identityOptions() }),
    EieMcpModule.register({
      path: 'mcp',
      name: '${name}',
      version: '${version}',
    }),
  ],
  providers: [WhoamiTools],
})
export class ${MODULE_NAME} {}
`;

/** The variables of the options file, with values for a start on this machine. None of them is a secret. */
export const environmentExample = (
  path: string,
): string => `# A file .env is read where node is started with --env-file=.env
# The address of the MCP route, as clients know it. Access tokens must name it as their audience.
EIE_RESOURCE=http://localhost:3000${path}
# The issuer of access tokens, exactly as in their claim "iss". Its metadata says where its keys are.
EIE_ISSUER=https://login.example.com
# The folder of the audit log. It says who did what: keep it out of the repository.
# EIE_AUDIT_DIRECTORY=eie-audit
`;
