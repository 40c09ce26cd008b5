// GitHub's own JavaScript client works on the local GitHub, as a person and as an App.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {createAppAuth} from '@octokit/auth-app';
import {Octokit} from '@octokit/rest';

const {GITHUB_URL, REPOSITORY, TOKEN, READER_TOKEN, APP_ID, APP_KEY} = process.env;
const [owner, repo] = REPOSITORY.split('/');
const here = {owner, repo};
const baseUrl = GITHUB_URL;

const person = new Octokit({baseUrl, auth: TOKEN});
const reader = new Octokit({baseUrl, auth: READER_TOKEN});
const jwt = new Octokit({
  baseUrl,
  authStrategy: createAppAuth,
  auth: {appId: APP_ID, privateKey: APP_KEY},
});

async function installed() {
  const {data: found} = await jwt.rest.apps.getRepoInstallation(here);
  return new Octokit({
    baseUrl,
    authStrategy: createAppAuth,
    auth: {appId: APP_ID, privateKey: APP_KEY, installationId: found.id},
  });
}

async function main() {
  const {data} = await person.rest.repos.getBranch({...here, branch: 'main'});
  return data.commit.sha;
}

async function pullRequest(branch, text) {
  await person.rest.git.createRef({...here, ref: `refs/heads/${branch}`, sha: await main()});
  const content = Buffer.from(text).toString('base64');
  const path = `${branch}.md`;
  const message = `Add ${path}`;
  const {data} = await person.rest.repos.createOrUpdateFileContents({
    ...here, path, message, content, branch,
  });
  const {data: opened} = await person.rest.pulls.create({
    ...here, title: message, body: 'By octokit.', head: branch, base: 'main',
  });
  assert.equal(opened.head.sha, data.commit.sha);
  return opened;
}

test('repositories: the repository, its branches, commits and who may what', async () => {
  const {data: found} = await person.rest.repos.get(here);
  assert.equal(found.full_name, REPOSITORY);
  const branches = await person.paginate(person.rest.repos.listBranches, {...here, per_page: 1});
  assert.ok(branches.some(branch => branch.name === 'main'));
  const {data: commit} = await person.rest.repos.getCommit({...here, ref: 'main'});
  assert.equal(commit.sha, await main());
  const {data: level} = await person.rest.repos.getCollaboratorPermissionLevel({
    ...here, username: 'reader',
  });
  assert.equal(level.permission, 'read');
  const {data: me} = await person.rest.users.getAuthenticated();
  assert.equal(me.login, 'owner');
});

test('contents: a file is written, read as JSON and raw, and a folder listed', async () => {
  const {data: written} = await person.rest.repos.createOrUpdateFileContents({
    ...here, path: 'notes/오늘.md', message: 'Note', content: Buffer.from('기분\n').toString('base64'),
  });
  const {data: read} = await person.rest.repos.getContent({...here, path: 'notes/오늘.md'});
  assert.equal(Buffer.from(read.content, 'base64').toString(), '기분\n');
  assert.equal(read.sha, written.content.sha);
  const {data: raw} = await person.rest.repos.getContent({
    ...here, path: 'notes/오늘.md', mediaType: {format: 'raw'},
  });
  assert.equal(raw, '기분\n');
  const {data: folder} = await person.rest.repos.getContent({...here, path: 'notes'});
  assert.deepEqual(folder.map(one => one.name), ['오늘.md']);
  const missing = person.rest.repos.getContent({...here, path: 'nothing'});
  await assert.rejects(missing, {status: 404});
});

test('pulls: opened, listed, edited, reviewed and merged', async () => {
  const opened = await pullRequest('merged', 'to be merged\n');
  const number = opened.number;
  const open = await person.paginate(person.rest.pulls.list, {...here, state: 'open', per_page: 1});
  assert.ok(open.some(one => one.number === number));
  const {data: edited} = await person.rest.pulls.update({
    ...here, pull_number: number, title: 'Add a page',
  });
  assert.equal(edited.title, 'Add a page');
  const {data: files} = await person.rest.pulls.listFiles({...here, pull_number: number});
  assert.deepEqual(files.map(file => file.filename), ['merged.md']);
  const {data: commits} = await person.rest.pulls.listCommits({...here, pull_number: number});
  assert.deepEqual(commits.map(commit => commit.sha), [opened.head.sha]);
  const {data: of} = await person.rest.repos.listPullRequestsAssociatedWithCommit({
    ...here, commit_sha: opened.head.sha,
  });
  assert.deepEqual(of.map(one => one.number), [number]);
  await reader.rest.pulls.createReview({...here, pull_number: number, event: 'APPROVE'});
  const {data: reviews} = await person.rest.pulls.listReviews({...here, pull_number: number});
  assert.deepEqual(reviews.map(review => review.state), ['APPROVED']);
  const {data: merge} = await person.rest.pulls.merge({...here, pull_number: number});
  assert.equal(merge.merged, true);
  assert.equal(merge.sha, await main());
  const {data: closed} = await person.rest.pulls.get({...here, pull_number: number});
  assert.equal(closed.state, 'closed');
  assert.equal(closed.merge_commit_sha, merge.sha);
});

test('comments and reactions: written, edited, answered with a sign, removed', async () => {
  const {number} = await pullRequest('talked-about', 'something to say\n');
  const {data: said} = await person.rest.issues.createComment({
    ...here, issue_number: number, body: 'First',
  });
  await person.rest.issues.updateComment({...here, comment_id: said.id, body: 'Second'});
  const {data: comments} = await person.rest.issues.listComments({...here, issue_number: number});
  assert.deepEqual(comments.map(one => one.body), ['Second']);
  const {data: sign} = await reader.rest.reactions.createForIssueComment({
    ...here, comment_id: said.id, content: 'eyes',
  });
  const {data: again} = await reader.rest.reactions.createForIssueComment({
    ...here, comment_id: said.id, content: 'eyes',
  });
  assert.equal(again.id, sign.id);
  const {data: seen} = await person.rest.issues.getComment({...here, comment_id: said.id});
  assert.equal(seen.reactions.eyes, 1);
  await reader.rest.reactions.deleteForIssueComment({
    ...here, comment_id: said.id, reaction_id: sign.id,
  });
  const {data: signs} = await person.rest.reactions.listForIssueComment({
    ...here, comment_id: said.id,
  });
  assert.deepEqual(signs, []);
  await person.rest.issues.deleteComment({...here, comment_id: said.id});
  const gone = person.rest.issues.getComment({...here, comment_id: said.id});
  await assert.rejects(gone, {status: 404});
});

test('checks: an App makes one, brings it to an end, and everybody can read it', async () => {
  const app = await installed();
  const head_sha = await main();
  const {data: made} = await app.rest.checks.create({
    ...here, name: 'octokit', head_sha, status: 'in_progress', external_id: 'one',
    output: {title: 'Half way', summary: '**50 %**'},
  });
  const {data: ended} = await app.rest.checks.update({
    ...here, check_run_id: made.id, conclusion: 'success', output: {title: 'Done', summary: 'ok'},
    actions: [{label: 'Again', identifier: 'again', description: 'Once more'}],
  });
  assert.equal(ended.status, 'completed');
  const {data: listed} = await person.rest.checks.listForRef({
    ...here, ref: head_sha, check_name: 'octokit',
  });
  assert.deepEqual(listed.check_runs.map(run => [run.id, run.conclusion]), [[made.id, 'success']]);
  const {data: suites} = await person.rest.checks.listSuitesForRef({...here, ref: head_sha});
  assert.ok(suites.total_count >= 1);
  const byPerson = person.rest.checks.create({...here, name: 'mine', head_sha});
  await assert.rejects(byPerson, {status: 403});
});

test('statuses: the last one of a context counts', async () => {
  const sha = await main();
  for (const state of ['pending', 'failure', 'success']) {
    await person.rest.repos.createCommitStatus({...here, sha, state, context: 'ci/octokit'});
  }
  const {data: combined} = await person.rest.repos.getCombinedStatusForRef({...here, ref: sha});
  const mine = combined.statuses.filter(one => one.context === 'ci/octokit');
  assert.deepEqual(mine.map(one => one.state), ['success']);
  const {data: all} = await person.rest.repos.listCommitStatusesForRef({...here, ref: sha});
  assert.equal(all.filter(one => one.context === 'ci/octokit').length, 3);
});

test('deployments: made by SHA, followed by statuses', async () => {
  const app = await installed();
  const ref = await main();
  const {data: made} = await app.rest.repos.createDeployment({
    ...here, ref, environment: 'octokit', auto_merge: false, required_contexts: [],
    payload: {by: 'a stranger'},
  });
  for (const state of ['in_progress', 'success']) {
    await app.rest.repos.createDeploymentStatus({
      ...here, deployment_id: made.id, state, environment_url: 'https://example.com/',
    });
  }
  const {data: statuses} = await person.rest.repos.listDeploymentStatuses({
    ...here, deployment_id: made.id,
  });
  assert.deepEqual(statuses.map(one => one.state), ['success', 'in_progress']);
  const {data: listed} = await person.rest.repos.listDeployments({...here, environment: 'octokit'});
  assert.deepEqual(listed.map(one => [one.id, one.sha]), [[made.id, ref]]);
  assert.deepEqual(listed[0].payload, {by: 'a stranger'});
});

test('compare: what a branch adds, and which files', async () => {
  const opened = await pullRequest('compared', 'one line\n');
  const {data: seen} = await person.rest.repos.compareCommitsWithBasehead({
    ...here, basehead: `main...${opened.head.sha}`,
  });
  assert.equal(seen.status, 'ahead');
  assert.deepEqual([seen.ahead_by, seen.behind_by], [1, 0]);
  assert.deepEqual(seen.files.map(file => [file.filename, file.status]), [['compared.md', 'added']]);
});

test('graphql: a pull request is read as REST tells it, and errors are told apart', async () => {
  const opened = await pullRequest('queried', 'asked for\n');
  await reader.rest.pulls.createReview({...here, pull_number: opened.number, event: 'APPROVE'});
  const query = `query($owner: String!, $repo: String!, $number: Int!) {
    repository(owner: $owner, name: $repo) { pullRequest(number: $number) {
      title state headRefOid author { login } headRef { compare(headRef: "main") { status } }
      reviews(first: 10) { nodes { state author { login } commit { oid } } } } } }`;
  const app = await installed();
  const enterprise = new Octokit({baseUrl: `${baseUrl}/api/v3`, auth: TOKEN});
  for (const client of [person, app, enterprise]) {
    const seen = await client.graphql(query, {owner, repo, number: opened.number});
    assert.deepEqual(seen.repository.pullRequest, {
      title: opened.title,
      state: 'OPEN',
      headRefOid: opened.head.sha,
      author: {login: 'owner'},
      headRef: {compare: {status: 'BEHIND'}},
      reviews: {nodes: [
        {state: 'APPROVED', author: {login: 'reader'}, commit: {oid: opened.head.sha}},
      ]},
    });
  }
  const missing = person.graphql(query, {owner, repo, number: 9999});
  await assert.rejects(missing, {name: 'GraphqlResponseError', errors: [{
    type: 'NOT_FOUND',
    path: ['repository', 'pullRequest'],
    locations: [{line: 2, column: 46}],
    message: 'Could not resolve to a PullRequest with the number of 9999.',
  }]});
});

test('a reader may not write, a wrong token opens nothing', async () => {
  const sha = await main();
  const forbidden = reader.rest.repos.createCommitStatus({...here, sha, state: 'success'});
  await assert.rejects(forbidden, {status: 403});
  const wrong = new Octokit({baseUrl, auth: 'ghp_wrong'});
  await assert.rejects(wrong.rest.repos.get(here), {status: 401});
});
