/** Log lines as Cloud Logging reads them: one JSON object per line on stdout. */

export function log(severity, message, fields = {}) {
  const line = {severity, time: new Date().toISOString(), message, service: 'api-service', ...fields};
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
