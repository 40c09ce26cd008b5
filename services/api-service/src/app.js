/** The routes: is it well, and what emotion does this text carry? */

import express from 'express';

import {log} from './log.js';

const MAX_CHARACTERS = 5000;
const MAX_BYTES = 64 * 1024;
const MAX_USER_ID = 128;

/** Why this body cannot be analysed, or null. */
function refusal(body) {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    return 'send a JSON object as application/json';
  }
  const {text, userId} = body;
  if (typeof text !== 'string' || !text.trim()) return 'text: a text is needed';
  if (text.length > MAX_CHARACTERS) return `text: at most ${MAX_CHARACTERS} characters`;
  if (userId === undefined) return null;
  if (typeof userId !== 'string' || !userId || userId.length > MAX_USER_ID) {
    return `userId: a text of 1 to ${MAX_USER_ID} characters`;
  }
  return null;
}

/** Express's error route: every refusal and failure is `{"error": reason}`. */
function answerError(trouble, _request, response, next) {
  if (response.headersSent) return next(trouble);
  const status = trouble.status ?? 500;
  if (status >= 500) log('ERROR', trouble.message, {status, stack: status === 500 ? trouble.stack : undefined});
  const reason = status === 500 ? 'this service failed' : trouble.message;
  return response.status(status).json({error: reason});
}

/** The application around `analyze(text)`, which gives the AI service's answer or throws with a status. */
export function createApp(analyze) {
  const app = express().disable('x-powered-by');
  app.use(express.json({limit: MAX_BYTES, strict: false}));

  app.get('/health', (_request, response) => {
    response.json({status: 'healthy', service: 'api', timestamp: new Date().toISOString()});
  });

  app.post('/api/analyze', async (request, response) => {
    const reason = refusal(request.body ?? null);
    if (reason) return response.status(400).json({error: reason});
    const {text, userId} = request.body;
    const found = await analyze(text);
    log('INFO', 'analysed', {emotion: found.emotion, analyser: found.analyser});
    return response.json({userId, analysis: found});
  });

  app.use((_request, response) => response.status(404).json({error: 'no such route'}));
  app.use(answerError);
  return app;
}
