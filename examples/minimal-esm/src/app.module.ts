import { Module } from '@nestjs/common';
import { EieModule } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { ProfileTools } from './profile.tools.js';

const { EIE_RESOURCE = 'http://localhost:3000/mcp', EIE_ISSUER = '', EIE_AUDIT_DIRECTORY = 'eie-audit' } = process.env;

@Module({
  imports: [
    EieModule.forRoot({
      resource: EIE_RESOURCE,
      issuers: [
        {
          issuer: EIE_ISSUER,
          jwksUri: 'discovery',
          algorithms: ['RS256', 'ES256'],
          // A token whose subject is not its client acts for a user (RFC 9068).
          actorType: { user: { claim: 'sub', differsFrom: 'client_id' } },
        },
      ],
      audit: { directory: EIE_AUDIT_DIRECTORY },
    }),
    EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' }),
  ],
  providers: [ProfileTools],
})
export class AppModule {}
