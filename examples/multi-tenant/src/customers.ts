import { Injectable } from '@nestjs/common';

export interface Customer {
  tenant: string;
  issuer: string;
}

/** Your database of customers. Here it is a variable of the environment. */
@Injectable()
export class Customers {
  async byIssuer(issuer: string): Promise<Customer | undefined> {
    const all = Object.entries(JSON.parse(process.env.CUSTOMERS ?? '{}') as Record<string, string>);
    return all.map(([tenant, issuer]) => ({ tenant, issuer })).find(one => one.issuer === issuer);
  }
}
