"""The two routes: one tells that the service is up, one names the emotion of a text."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException

from app import embedded
from app.gemini import Gemini, GeminiUnavailable
from app.settings import Settings

MAX_CHARACTERS = 5000
MAX_BYTES = 64 * 1024

_log = logging.getLogger(__name__)
_gemini = Gemini(Settings.from_environment())
app = FastAPI(title="ai-service", openapi_url=None)


class Ask(BaseModel):
    """A text to be analysed."""

    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)

    text: str = Field(min_length=1, max_length=MAX_CHARACTERS)
    type: Literal["emotion"] = "emotion"


class Analysis(BaseModel):
    """The answer; `analyser` names who gave it, `note` says why it was not Gemini."""

    type: Literal["emotion"] = "emotion"
    emotion: str
    confidence: float
    scores: dict[str, float]
    words: list[str]
    language: str
    analyser: str
    note: str | None = None


async def read_ask(request: Request) -> Ask:
    """Read the body. Raises HTTPException: 413 when too large, 400 when not understood."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise HTTPException(413, f"the body is larger than {MAX_BYTES} bytes")
    try:
        return Ask.model_validate_json(bytes(body))
    except ValidationError as trouble:
        raise HTTPException(400, _reasons(trouble)) from None


def _reasons(trouble: ValidationError) -> str:
    """All problems in one sentence, each behind the field it belongs to."""
    return "; ".join(
        ": ".join([*map(str, one["loc"]), one["msg"]])
        for one in trouble.errors(include_url=False, include_context=False, include_input=False)
    )


@app.exception_handler(StarletteHTTPException)
async def refuse(_request: Request, refusal: StarletteHTTPException) -> JSONResponse:
    """Answer every refusal as `{"error": reason}`."""
    return JSONResponse({"error": refusal.detail}, refusal.status_code, refusal.headers)


@app.get("/health")
async def health() -> dict[str, str]:
    """Say that the service is up."""
    now = datetime.now(UTC).isoformat()
    return {"status": "healthy", "service": "ai-analysis", "timestamp": now}


@app.post("/analyze", response_model_exclude_none=True)
async def analyze(ask: Annotated[Ask, Depends(read_ask)]) -> Analysis:
    """Name the emotion: Gemini if it answers, else the embedded analyser, which says so."""
    analysis = await _by_gemini(ask.text)
    told = {"emotion": analysis.emotion, "analyser": analysis.analyser, "characters": len(ask.text)}
    _log.info("analysed", extra={"fields": told})
    return analysis


async def _by_gemini(text: str) -> Analysis:
    try:
        judged = await _gemini.judge(text)
    except GeminiUnavailable as reason:
        return _by_embedded(text, str(reason))
    return Analysis(
        **judged.model_dump(),
        scores={judged.emotion: judged.confidence},
        language=embedded.language_of(text),
        analyser=_gemini.name,
    )


def _by_embedded(text: str, reason: str) -> Analysis:
    found = embedded.analyse(text)
    return Analysis(
        emotion=found.emotion,
        confidence=found.confidence,
        scores=found.scores,
        words=found.words,
        language=found.language,
        analyser="embedded",
        note=f"answered by the small embedded analyser: {reason}",
    )
