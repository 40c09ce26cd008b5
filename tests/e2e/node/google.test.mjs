// Google's own Node clients, over REST and over gRPC, build an image and roll it out by hand.
import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import {test} from 'node:test';

import {CloudBuildClient} from '@google-cloud/cloudbuild';
import {RevisionsClient, ServicesClient} from '@google-cloud/run';

const {PassThroughClient} = createRequire(import.meta.url)('google-auth-library');
const gax = createRequire(import.meta.url)('google-gax');

const {GOOGLE_URL, GOOGLE_GRPC, PROJECT, REGION} = process.env;
const {SOURCE_BUCKET, QUICK_SOURCE, PATIENT_SOURCE} = process.env;
const PARENT = `projects/${PROJECT}/locations/${REGION}`;
const RUNNING = ['QUEUED', 'PENDING', 'WORKING'];
const REVISION = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';

function reached(address, how) {
  const {hostname, port} = new URL(address);
  return {apiEndpoint: hostname, port: Number(port), ...how};
}

const TRANSPORTS = {
  rest: reached(GOOGLE_URL, {
    fallback: true,
    protocol: 'http',
    authClient: new PassThroughClient(),
  }),
  grpc: reached(`http://${GOOGLE_GRPC}`, {sslCreds: gax.grpc.credentials.createInsecure()}),
};

for (const [transport, options] of Object.entries(TRANSPORTS)) {
  const image = `${REGION}-docker.pkg.dev/${PROJECT}/strangers/${transport}`;
  const id = `node-${transport}`;
  const name = `${PARENT}/services/${id}`;
  const builds = new CloudBuildClient(options);
  const services = new ServicesClient(options);
  const revisions = new RevisionsClient(options);

  test(`${transport}: a build runs, and is found by its tag`, async () => {
    const tag = `by-node-${transport}`;
    const build = await begun(QUICK_SOURCE, [tag]);
    const finished = await reaches(build, status => !RUNNING.includes(status));
    assert.equal(finished.status, 'SUCCESS', finished.statusDetail);
    assert.match(finished.results.images[0].digest, /^sha256:[0-9a-f]{64}$/);
    const filter = `tags="${tag}"`;
    const [found] = await builds.listBuilds({parent: PARENT, projectId: PROJECT, filter});
    assert.deepEqual(found.map(one => one.id), [build]);
  });

  test(`${transport}: a build that runs is cancelled, and only once`, async () => {
    const build = await begun(PATIENT_SOURCE, []);
    await reaches(build, status => status === 'WORKING');
    const [cancelled] = await builds.cancelBuild(called(build));
    assert.equal(cancelled.status, 'CANCELLED');
    const again = builds.cancelBuild(called(build));
    await assert.rejects(again, refused => [gax.Status.FAILED_PRECONDITION, 400].includes(refused.code));
  });

  test(`${transport}: a service is made, answers, and takes a second revision in steps`, async () => {
    const [creating] = await services.createService({
      parent: PARENT,
      serviceId: id,
      service: {invokerIamDisabled: true, template: revision(`${id}-one`, 'hello')},
    });
    const [made] = await creating.promise();
    assert.equal(made.latestReadyRevision, `${name}/revisions/${id}-one`);
    assert.equal(await (await fetch(made.uri)).text(), 'hello');

    const [staging] = await services.updateService({
      service: {
        ...made,
        template: revision(`${id}-two`, 'good day'),
        traffic: split({one: 100, two: 0}),
      },
    });
    const [staged] = await staging.promise();
    const canary = staged.trafficStatuses.find(one => one.tag === 'canary');
    assert.equal(await (await fetch(canary.uri)).text(), 'good day');
    assert.equal(await (await fetch(made.uri)).text(), 'hello');

    const [shifting] = await services.updateService({
      service: {name, etag: staged.etag, traffic: split({one: 50, two: 50})},
      updateMask: {paths: ['traffic']},
    });
    const [shifted] = await shifting.promise();
    assert.deepEqual(shifted.trafficStatuses.map(one => one.percent), [50, 50]);
    const heard = await Promise.all([1, 2, 3, 4].map(async () => (await fetch(made.uri)).text()));
    assert.deepEqual(heard.sort(), ['good day', 'good day', 'hello', 'hello']);

    const [listed] = await revisions.listRevisions({parent: name});
    assert.deepEqual(listed.map(one => one.name.split('/').at(-1)).sort(), [`${id}-one`, `${id}-two`]);
  });

  test(`${transport}: a stale etag, a missing service and a taken name are refused`, async () => {
    const [seen] = await services.getService({name});
    const stale = services.updateService({service: {...seen, etag: '"stale"'}});
    await assert.rejects(stale, refused => [gax.Status.ABORTED, 409].includes(refused.code));
    const missing = services.getService({name: `${PARENT}/services/nobody`});
    await assert.rejects(missing, refused => [gax.Status.NOT_FOUND, 404].includes(refused.code));
    const taken = services.createService({parent: PARENT, serviceId: id, service: seen});
    await assert.rejects(taken, refused => [gax.Status.ALREADY_EXISTS, 409].includes(refused.code));
  });

  test(`${transport}: who may call is a policy that can be read and written`, async () => {
    const [before] = await services.getIamPolicy({resource: name});
    const binding = {role: 'roles/run.invoker', members: ['allUsers']};
    const policy = {etag: before.etag, bindings: [binding]};
    await services.setIamPolicy({resource: name, policy});
    const [after] = await services.getIamPolicy({resource: name});
    assert.deepEqual(after.bindings.map(({role, members}) => ({role, members})), [binding]);
  });

  test(`${transport}: services are listed, and deleted`, async () => {
    const [listed] = await services.listServices({parent: PARENT});
    assert.ok(listed.some(one => one.name === name));
    const [deleting] = await services.deleteService({name});
    await deleting.promise();
    await assert.rejects(services.getService({name}));
  });

  async function begun(object, tags) {
    const [operation] = await builds.createBuild({
      parent: PARENT,
      projectId: PROJECT,
      build: {
        source: {storageSource: {bucket: SOURCE_BUCKET, object}},
        steps: [{name: 'gcr.io/cloud-builders/docker', args: ['build', '--tag=$_IMAGE:one', '.']}],
        images: ['$_IMAGE:one'],
        substitutions: {_IMAGE: image},
        timeout: {seconds: 300},
        tags,
      },
    });
    return operation.metadata.build.id;
  }

  async function reaches(build, wanted) {
    const deadline = Date.now() + 120_000;
    while (Date.now() < deadline) {
      const [seen] = await builds.getBuild(called(build));
      if (wanted(seen.status)) return seen;
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    throw new Error(`build ${build} took too long`);
  }

  function revision(named, greeting) {
    return {
      revision: named,
      containers: [{image: `${image}:one`, env: [{name: 'GREETING', value: greeting}]}],
    };
  }

  function split(shares) {
    return Object.entries(shares).map(([which, percent]) => ({
      type: REVISION,
      revision: `${id}-${which}`,
      percent,
      tag: which === 'two' ? 'canary' : '',
    }));
  }
}

function called(id) {
  return {name: `${PARENT}/builds/${id}`, projectId: PROJECT, id};
}
