import { userInfo } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { EieModule } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { NoteTools } from './note.tools.js';

const issuer = 'https://login.example.com';
const { NOTES_RIGHTS = 'notes:read', EIE_AUDIT_DIRECTORY = join(import.meta.dirname, '../eie-audit') } = process.env;

@Module({
  imports: [
    EieModule.forRoot({
      resource: 'https://notes.example.com/mcp',
      issuers: [
        {
          issuer,
          jwksUri: 'discovery',
          algorithms: ['RS256', 'ES256'],
          // A token whose subject is not its client acts for a user (RFC 9068).
          actorType: { user: { claim: 'sub', differsFrom: 'client_id' } },
        },
      ],
      audit: { directory: EIE_AUDIT_DIRECTORY, instance: 'stdio' },
    }),
    EieMcpModule.register({
      path: 'mcp',
      name: 'notes',
      version: '1.0.0',
      stdio: {
        // Nothing is verified: whoever can start this process has this identity.
        identity: {
          issuer,
          sub: userInfo().username,
          type: 'user',
          clientId: 'desktop',
          agent: 'desktop-agent',
          scopes: NOTES_RIGHTS.split(' '),
        },
      },
    }),
  ],
  providers: [NoteTools],
})
export class AppModule {}
