/**
 * Google ID tokens from the metadata server, for calls from one Cloud Run service to another.
 * https://cloud.google.com/run/docs/authenticating/service-to-service
 */

import {log} from './log.js';

const PATH = '/computeMetadata/v1/instance/service-accounts/default/identity';
const EARLY_MS = 60_000;
const ASK_WITHIN_MS = 2_000;
const WITHOUT_FOR_MS = 30_000;

/** Where the metadata server is; null away from Google Cloud. */
function metadataHost(environment) {
  if (environment.GCE_METADATA_HOST) return environment.GCE_METADATA_HOST;
  return environment.K_SERVICE ? 'metadata.google.internal' : null;
}

/** When the token ends, in ms since 1970; 0 when it cannot be read. */
function expiry(token) {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).exp * 1000 || 0;
  } catch {
    return 0;
  }
}

async function fetchToken(host, audience) {
  const query = new URLSearchParams({audience, format: 'full'});
  const answer = await fetch(`http://${host}${PATH}?${query}`, {
    headers: {'Metadata-Flavor': 'Google'},
    signal: AbortSignal.timeout(ASK_WITHIN_MS),
  });
  if (!answer.ok) throw new Error(`the metadata server answered ${answer.status}`);
  return (await answer.text()).trim();
}

/**
 * A function that gives a token for `audience`, or null where there is no metadata server.
 * A token is kept until a minute before its end; callers at the same time share one request.
 */
export function identity(audience, environment = process.env) {
  const host = metadataHost(environment);
  let kept = {token: null, until: 0};
  let asking = null;

  async function renew() {
    try {
      const token = await fetchToken(host, audience);
      kept = {token, until: expiry(token) - EARLY_MS};
    } catch (trouble) {
      log('WARNING', 'no ID token', {audience, cause: trouble.message});
      kept = {token: null, until: Date.now() + WITHOUT_FOR_MS};
    }
    return kept.token;
  }

  return async function token() {
    if (!host) return null;
    if (Date.now() < kept.until) return kept.token;
    asking ??= renew().finally(() => { asking = null; });
    return asking;
  };
}
