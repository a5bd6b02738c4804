import { startTelemetry, type Telemetry } from '../support/telemetry.js';
import { startWorld, type World } from '../support/world.js';
import { type JobApp, startJobApp } from './job-app.js';

describe('the span of a job, where OpenTelemetry is in the process,', () => {
  let world: World;
  let server: JobApp;
  let telemetry: Telemetry;

  beforeAll(async () => {
    telemetry = startTelemetry();
    world = await startWorld();
    server = await startJobApp(world);
  });

  afterAll(async () => {
    await server.close();
    await world.close();
    await telemetry.stop();
  });

  it('is recorded below the call that has sealed it, in the trace of that call', async () => {
    await server.run(await server.seal(world.userToken()));
    const [sealing, job] = telemetry.spans();
    expect([sealing?.name, job?.name]).toEqual(['StartingController.start', 'job reports/send']);
    expect(job!.parentSpanContext!.spanId).toBe(sealing!.spanContext().spanId);
    expect(job!.spanContext().traceId).toBe(server.auditLog.last('execution.outcome').trace_id);
  });
});
