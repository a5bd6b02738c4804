import { crowdApp, type CrowdAbout } from './crowd-app.js';
import { startNest } from './nest.js';
import { serve } from './serve.js';

serve<CrowdAbout>(about => startNest(crowdApp(about), 'fastify'));
