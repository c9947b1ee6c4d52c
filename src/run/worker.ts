/**
 * A worker process: takes photos, sends back a result each.
 */
import '../image/one-thread.js';
import { processPhoto } from '../pipeline/photo.js';
import { createStages } from '../pipeline/stages.js';
import { serveTasks } from './worker-service.js';

serveTasks({ load: createStages, work: processPhoto });
