"""The commits that the stories push: real changes of the sample api-service."""

from __future__ import annotations

from localcloud.demo.checkout import Change, Edit

_APP = "services/api-service/src/app.js"

UPTIME = Change(
    message="Say in /health how long the service has been running",
    edits=(
        Edit(
            path=_APP,
            before="response.json({status: 'healthy', service: 'api', ",
            after="const uptimeSeconds = Math.round(process.uptime());\n"
            "    response.json({status: 'healthy', service: 'api', uptimeSeconds, ",
        ),
    ),
)

CHARACTERS = Change(
    message="Say in the answer how long the analysed text was",
    edits=(
        Edit(
            path=_APP,
            before="    return response.json({userId, analysis: found});\n",
            after="    return response.json({userId, characters: text.length, analysis: found});\n",
        ),
    ),
)

TURNS = Change(
    message="Let ten slots take turns with the analyses",
    edits=(
        Edit(
            path=_APP,
            before="const MAX_USER_ID = 128;\n",
            after="const MAX_USER_ID = 128;\nconst SLOTS = 10;\n",
        ),
        Edit(
            path=_APP,
            before="  const app = express().disable('x-powered-by');\n",
            after="  const slots = Array.from({length: 7}, () => analyze);\n"
            "  let turn = 0;\n"
            "  const app = express().disable('x-powered-by');\n",
        ),
        Edit(
            path=_APP,
            before="    const found = await analyze(text);\n",
            after="    const found = await slots[turn++ % SLOTS](text);\n",
        ),
    ),
)
"""A bug as people make them: seven slots are made and ten are counted on, so that three of ten
analyses meet an undefined one and answer 500. The smoke checks come first and meet a good one."""

TWO_PERSONS = Change(
    message="Ask for a second person in prod",
    edits=(
        Edit(
            path="deploy.yaml",
            before="    gates: {permission: write, forks: deny}",
            after="    gates: {permission: write, forks: deny, two_person: true}",
        ),
    ),
)

LONGER_IDS = Change(
    message="Allow user ids of 256 characters",
    edits=(
        Edit(path=_APP, before="const MAX_USER_ID = 128;\n", after="const MAX_USER_ID = 256;\n"),
    ),
)
