/** The AI service as this service needs it: one question, a time-out, failures with a status and a sentence. */

import {identity} from './identity.js';

/** What the caller of this service is told; `status` is the HTTP status. */
export class AnalysisFailed extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** A function that asks the AI service at `url` for the emotion of a text within `timeoutMs`. */
export function analysis(url, timeoutMs, environment = process.env) {
  const address = url?.replace(/\/+$/, '');
  const token = identity(address, environment);

  return async function analyze(text) {
    if (!address) throw new AnalysisFailed(502, 'AI_SERVICE_URL is not set');
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await ask(address, text, {token: await token(), signal});
    } catch (trouble) {
      throw asFailure(trouble, timeoutMs);
    }
  };
}

async function ask(address, text, {token, signal}) {
  const answer = await fetch(`${address}/analyze`, {
    method: 'POST',
    headers: {'content-type': 'application/json', ...(token && {authorization: `Bearer ${token}`})},
    body: JSON.stringify({text, type: 'emotion'}),
    signal,
  });
  if (answer.status === 400) throw new AnalysisFailed(400, (await answer.json()).error);
  if (!answer.ok) throw new AnalysisFailed(502, `the AI service answered ${answer.status}`);
  return answer.json();
}

function asFailure(trouble, timeoutMs) {
  if (trouble instanceof AnalysisFailed) return trouble;
  if (trouble.name === 'TimeoutError') {
    return new AnalysisFailed(504, `the AI service did not answer within ${timeoutMs} ms`);
  }
  const cause = trouble.cause?.code ?? trouble.message;
  return new AnalysisFailed(502, `the AI service cannot be reached (${cause})`);
}
