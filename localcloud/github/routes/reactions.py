"""Reactions to comments."""

from __future__ import annotations

from typing import Literal

import msgspec

from localcloud.github.exchange import Ask, Reply, created, no_content
from localcloud.github.problems import not_found
from localcloud.github.records import Reaction
from localcloud.github.routes.issues import comment_of
from localcloud.github.routing import Routes
from localcloud.github.shapes import issues as shapes
from localcloud.github.times import now

routes = Routes("issues", "pull_requests")

_COLLECTION = "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions"


class CreateReaction(msgspec.Struct):
    """The body of a reaction."""

    content: Literal["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"]


@routes.get(_COLLECTION)
def list_reactions(ask: Ask, comment_id: int) -> Reply:
    """List a comment's reactions, all or of one kind."""
    found = ask.site.store.find(Reaction, comment=comment_of(ask, comment_id).id)
    shown = [held for held in found if ask.query("content") in ("", held.content)]
    return ask.page(shown, lambda held: shapes.reaction(ask.site, held))


@routes.post(_COLLECTION, needs="read")
def create_reaction(ask: Ask, comment_id: int) -> Reply:
    """React once: the same reaction again answers 200 with the first one."""
    comment, content = comment_of(ask, comment_id), ask.read(CreateReaction).content
    own = {"comment": comment.id, "author": ask.actor.login, "content": content}
    known = ask.site.store.first(Reaction, **own)
    if known:
        return Reply(shapes.reaction(ask.site, known))
    new = Reaction(
        id=ask.site.store.new_id(),
        comment=comment.id,
        author=ask.actor.login,
        content=content,
        created_at=now(),
    )
    return created(shapes.reaction(ask.site, ask.site.store.save(new)))


@routes.delete(f"{_COLLECTION}/{{reaction_id}}", needs="read")
def delete_reaction(ask: Ask, comment_id: int, reaction_id: int) -> Reply:
    """Take a reaction back; only its author may."""
    held = ask.site.store.get(Reaction, reaction_id)
    if held is None or held.comment != comment_of(ask, comment_id).id:
        raise not_found()
    ask.must(held.author == ask.actor.login, "Must be the author of the reaction.")
    ask.site.store.delete(held)
    return no_content()
