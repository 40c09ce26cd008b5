/** Starts the server on PORT and ends it on SIGTERM, as Cloud Run's container contract asks. */

import {analysis} from './analysis.js';
import {createApp} from './app.js';
import {log} from './log.js';

const DRAIN_MS = 8_000;
const CLOSE_IDLE_EVERY_MS = 50;

const port = Number(process.env.PORT ?? 8080);
const host = process.env.HOST ?? '0.0.0.0';
const timeoutMs = Number(process.env.AI_TIMEOUT_MS ?? 10_000);

const server = createApp(analysis(process.env.AI_SERVICE_URL, timeoutMs)).listen(port, host, (trouble) => {
  if (trouble) {
    log('CRITICAL', trouble.message);
    process.exit(1);
  }
  log('INFO', `listening on ${port}`);
});

/** Take no new requests, let those in flight end, then leave. */
function drain() {
  log('INFO', 'SIGTERM: draining');
  server.close(() => process.exit(0));
  setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS).unref();
  setTimeout(() => server.closeAllConnections(), DRAIN_MS).unref();
}

process.once('SIGTERM', drain);
