/** nestjs-eie-bullmq: jobs of BullMQ 6 that run in the sealed identity of whoever has started them. */
export { addJob, type AddJobOptions, type JobQueue } from './add-job.js';
export { jobProcessor, type ProcessedJob } from './job-processor.js';
