import { Module } from '@nestjs/common';
import { EieModule } from 'nestjs-eie';
import { accountOptions, startAccounts } from '../accounts.js';
import { type Application } from '../application.js';

export const application: Application = {
  name: 'a feature module that imports the module of the boundary once more',
  refusedWith: /EieModule is imported 2 times: import one forRoot\(\) in the root module/,
  start: stage => {
    @Module({ imports: [EieModule.forRoot(accountOptions(stage))] })
    class FeatureModule {}
    return startAccounts(stage, { imports: [FeatureModule] });
  },
  legitimate: () => [],
  attacks: () => [],
};
