import { Module } from '@nestjs/common';
import { EieModule } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { CustomerIssuers } from './customer-issuers.js';
import { Customers } from './customers.js';
import { ProfileTools } from './profile.tools.js';

@Module({ providers: [Customers, CustomerIssuers], exports: [CustomerIssuers] })
class CustomersModule {}

@Module({
  imports: [
    EieModule.forRootAsync({
      imports: [CustomersModule],
      inject: [CustomerIssuers],
      useFactory: (issuers: CustomerIssuers) => ({
        resource: process.env.EIE_RESOURCE ?? 'http://localhost:3000/mcp',
        issuers: [issuers],
      }),
    }),
    EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' }),
  ],
  providers: [ProfileTools],
})
export class AppModule {}
