import { Injectable, NotFoundException } from '@nestjs/common';
import { type Actor } from 'nestjs-eie';

export interface Balance {
  account: string;
  currency: 'EUR';
  amount: number;
}

interface Account {
  tenant: string;
  customer: string;
  amount: number;
}

@Injectable()
export class BalanceService {
  readonly #accounts: readonly Account[] = [
    { tenant: 'acme', customer: 'alice', amount: 120 },
    { tenant: 'acme', customer: 'carol', amount: 55 },
    { tenant: 'globex', customer: 'bob', amount: 80 },
  ];

  /** A user's own account; for a service, all accounts of its tenant together. */
  of({ type, tenant, sub }: Actor): Balance {
    const accounts = this.#accounts.filter(
      account => account.tenant === tenant && (type === 'service' || account.customer === sub),
    );
    if (!accounts.length) throw new NotFoundException();
    return {
      account: type === 'service' ? `${tenant}/*` : `${tenant}/${sub}`,
      currency: 'EUR',
      amount: accounts.reduce((sum, account) => sum + account.amount, 0),
    };
  }
}
