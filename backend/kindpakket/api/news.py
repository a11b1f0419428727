# SPDX-License-Identifier: EUPL-1.2
"""News for phones: an open answer (server-sent events) that tells a phone when something of its vouchers was booked.

No thread waits for a phone: the follower wakes the event loop, that wakes the answers concerned. An answer says only
that there is news; what it is, the phone asks as always.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import anyio.to_thread
from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from kindpakket.services import Services

from .access import CallingPhone, UseServices
from .problems import PROBLEM_RESPONSES

PING_SECONDS = 15.0
"""So often something is said, so that neither side takes a silent line for a living one."""

LOOK_AGAIN_SECONDS = 1.0
"""So soon after news a phone is looked up again: when its vouchers went to another, the register follows the chain."""

ANSWERS_OF_A_PHONE = 3
"""A phone that opens more loses its oldest; whoever has one token cannot fill the server with open answers."""

router = APIRouter(tags=["citizen"], responses=PROBLEM_RESPONSES)


@dataclass(eq=False, slots=True)
class _Answer:
    """An open answer: whose it is, which vouchers it is about, and the newest block with news of them."""

    token_hash: bytes
    vouchers: frozenset[int]
    block: int = 0
    has_ended: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self) -> None:
        self.has_ended = True
        self.woken.set()


class News:
    """All open answers. Everything but `hear` belongs to the event loop's thread."""

    def __init__(self, services: Services) -> None:
        """Tell what these services book, once `start` was called."""
        self._services = services
        self._answers: list[_Answer] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop_listening: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin to listen, in the event loop that serves."""
        self._loop = asyncio.get_running_loop()
        self._stop_listening = self._services.follower.listen(self.hear)

    def stop(self) -> None:
        """End all answers; idempotent."""
        self._stop_listening()
        self._stop_listening = lambda: None
        for answer in self._answers:
            answer.end()

    def hear(self, block: int, vouchers: frozenset[int]) -> None:
        """Take what was booked. Any thread may call."""
        assert self._loop is not None, "it listens in a loop"
        # A loop that is closed has no answers left.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._wake, block, vouchers)

    async def tell(self, token_hash: bytes) -> AsyncIterator[bytes]:
        """Yield the events for a phone, as long as it is known."""
        vouchers = await self._vouchers_of(token_hash)
        answer = _Answer(token_hash, vouchers)
        own = [one for one in self._answers if one.token_hash == token_hash]
        for oldest in own[: len(own) - ANSWERS_OF_A_PHONE + 1]:
            oldest.end()
        self._answers.append(answer)
        try:
            # Something at once, so that the other side knows that it is connected.
            yield b": news\n\n"
            pause = PING_SECONDS
            while answer.vouchers and not answer.has_ended:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(answer.woken.wait(), pause)
                has_news = answer.woken.is_set()
                answer.woken.clear()
                if answer.has_ended:
                    return
                answer.vouchers = await self._vouchers_of(token_hash)
                if not answer.vouchers:
                    return
                if has_news:
                    yield f"event: change\ndata: {json.dumps({'block': answer.block})}\n\n".encode()
                elif pause == PING_SECONDS:
                    yield b": still here\n\n"
                pause = LOOK_AGAIN_SECONDS if has_news else PING_SECONDS
        finally:
            self._answers.remove(answer)

    def _wake(self, block: int, vouchers: frozenset[int]) -> None:
        for answer in self._answers:
            if answer.vouchers & vouchers:
                answer.block = block
                answer.woken.set()

    async def _vouchers_of(self, token_hash: bytes) -> frozenset[int]:
        find = self._services.registry.phones.vouchers_of
        return frozenset(await anyio.to_thread.run_sync(find, token_hash))


@router.get(
    "/budgets/me/events",
    operation_id="followBudget",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": 'Server-sent events: `change` with `{"block": 57}` when something was booked.',
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
)
async def follow_budget(request: Request, services: UseServices, phone: CallingPhone) -> StreamingResponse:
    """Tell, as it happens, that something about the calling phone's vouchers was booked. Only that phone may ask."""
    news: News = request.app.state.news
    return StreamingResponse(
        news.tell(phone),
        media_type="text/event-stream",
        # Proxies would collect an answer before they pass it on.
        headers={"X-Accel-Buffering": "no"},
    )
