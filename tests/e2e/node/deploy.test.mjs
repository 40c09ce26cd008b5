// Somebody with octokit and nothing else ships a pull request through the bot, and is answered.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {Octokit} from '@octokit/rest';

const {GITHUB_URL, REPOSITORY, TOKEN, READER_TOKEN, FILE, BEFORE, AFTER} = process.env;
const [owner, repo] = REPOSITORY.split('/');
const here = {owner, repo};
const writer = new Octokit({baseUrl: GITHUB_URL, auth: TOKEN});
const reader = new Octokit({baseUrl: GITHUB_URL, auth: READER_TOKEN});
const PATIENCE = 180_000;

async function eventually(look, what) {
  const deadline = Date.now() + PATIENCE;
  while (Date.now() < deadline) {
    const seen = await look();
    if (seen) return seen;
    await new Promise(resolve => setTimeout(resolve, 300));
  }
  throw new Error(`${what} did not come`);
}

async function opened() {
  const {data: main} = await writer.rest.git.getRef({...here, ref: 'heads/main'});
  const branch = 'by-octokit';
  await writer.rest.git.createRef({...here, ref: `refs/heads/${branch}`, sha: main.object.sha});
  const {data: file} = await writer.rest.repos.getContent({...here, path: FILE});
  const text = Buffer.from(file.content, 'base64').toString();
  assert.ok(text.includes(BEFORE));
  const content = Buffer.from(text.replace(BEFORE, AFTER)).toString('base64');
  const message = 'Allow longer names';
  await writer.rest.repos.createOrUpdateFileContents({
    ...here, path: FILE, message, content, sha: file.sha, branch,
  });
  const {data: pull} = await writer.rest.pulls.create({
    ...here, title: message, head: branch, base: 'main',
  });
  await new Promise(resolve => setTimeout(resolve, 2000)); // a head counts when it stood a second before
  return pull;
}

function saying(octokit, number, body) {
  return octokit.rest.issues.createComment({...here, issue_number: number, body});
}

function sign(comment, content) {
  return async () => {
    const {data: seen} = await writer.rest.issues.getComment({...here, comment_id: comment});
    return seen.reactions[content] > 0;
  };
}

test('a reader is refused, a writer ships, and both are told', async () => {
  const pull = await opened();
  const {data: refused} = await saying(reader, pull.number, '/deploy prod');
  await eventually(sign(refused.id, '-1'), 'the refusal');
  const {data: asked} = await saying(writer, pull.number, '/deploy prod');
  await eventually(sign(asked.id, 'rocket'), 'the rocket');
  const {data: checks} = await writer.rest.checks.listForRef({
    ...here, ref: pull.head.sha, check_name: 'deploy / prod',
  });
  assert.equal(checks.check_runs[0].conclusion, 'success');
  const {data: made} = await writer.rest.repos.listDeployments({
    ...here, sha: pull.head.sha, environment: 'prod',
  });
  const {data: statuses} = await writer.rest.repos.listDeploymentStatuses({
    ...here, deployment_id: made[0].id,
  });
  assert.equal(statuses[0].state, 'success');
  const comments = await writer.paginate(writer.rest.issues.listComments, {
    ...here, issue_number: pull.number,
  });
  assert.ok(comments.some(one => one.user.type === 'Bot' && one.body.includes('✅ prod')));
});
