"""Closing wakes who waits; what is cancelled, interrupted or forked leaves nothing behind."""

from __future__ import annotations

import gc
import logging
import random
import signal
import subprocess
import sys
import threading
from traceback import walk_stack
from types import FrameType
from typing import Any

import pytest

from ramclouds import APIConnectionError, AsyncClient, Client
from tests.client.every_loop import EACH_LOOP, LOOPS, busy
from tests.gateway import Gateway, Hang, Json, Pause, Sse, chunk, completion
from tests.harness import ASK, each_row

WAITS = {"head": Hang("headers"), "body": Hang("mid_body", Json(completion()))}


def settings(gateway: Gateway) -> dict[str, Any]:
    return {"api_key": "test-key", "base_url": gateway.base_url, "max_retries": 2}


@pytest.mark.parametrize("wait", WAITS)
def test_closing_a_client_wakes_its_readers(gateway: Gateway, wait: str) -> None:
    gateway.reply(WAITS[wait])
    caught: list[Exception] = []
    with Client(**settings(gateway)) as client:

        def ask() -> None:
            try:
                client.complete(**ASK)
            except APIConnectionError as exc:
                caught.append(exc)

        thread = threading.Thread(target=ask)
        thread.start()
        gateway.wait_requests(1, 30)
        client.close()
        thread.join(10)
        assert [type(exc) for exc in caught] == [APIConnectionError]
        assert "closed" in str(caught[0])
        assert client.complete(**ASK).text


@EACH_LOOP
@each_row("wait", WAITS)
def test_closing_an_async_client_wakes_its_readers(gateway: Gateway, wait: str, loop: str) -> None:
    import anyio

    gateway.reply(WAITS[wait])

    async def main() -> None:
        async with AsyncClient(**settings(gateway)) as client, anyio.create_task_group() as group:

            async def ask() -> None:
                with pytest.raises(APIConnectionError, match="closed"):
                    await client.complete(**ASK)

            group.start_soon(ask)
            await anyio.to_thread.run_sync(gateway.wait_requests, 1, 30)
            await client.aclose()
            await anyio.sleep(0)
            assert (await client.complete(**ASK)).text

    LOOPS[loop](main)


@EACH_LOOP
def test_pool_serves_after_random_cancels(gateway: Gateway, loop: str) -> None:
    import anyio

    gateway.handler = lambda request: (
        Sse([chunk({"content": "x"}), Pause(0.002), chunk({}, "stop")])
        if request.json.get("stream")
        else Json(completion("Hi"))
    )
    chance = random.Random(1)

    async def main() -> None:
        async with AsyncClient(**settings(gateway)) as client:
            for number in range(60):
                with anyio.move_on_after(chance.uniform(0, 0.005)):
                    if number % 2:
                        assert (await client.complete(**ASK)).text == "Hi"
                        continue
                    stream = client.stream(**ASK)
                    try:
                        assert [part.text async for part in stream] == ["x", ""]
                    finally:
                        with anyio.CancelScope(shield=True):
                            await stream.aclose()
            assert (await client.complete(**ASK)).text == "Hi"
            assert busy(client) == 0

    LOOPS[loop](main)
    gateway.wait_closed()


class Interrupt(BaseException):
    pass


# Between making a socket and keeping it, an interrupt leaves it to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_pool_serves_after_random_interrupts(gateway: Gateway) -> None:
    def interrupt(_: int, frame: FrameType | None) -> None:
        # Interrupted in its own code, coverage leaves a lock taken for ever.
        if any(
            above.f_globals["__name__"].startswith("coverage.") for above, _ in walk_stack(frame)
        ):
            signal.setitimer(signal.ITIMER_REAL, 1e-4)
        else:
            raise Interrupt

    chance = random.Random(2)
    before = signal.signal(signal.SIGALRM, interrupt)
    # An interrupt inside logging's Handler.handle leaves that handler's lock taken for ever.
    logging.disable()
    try:
        with Client(**settings(gateway)) as client:
            client.complete(**ASK)  # Imports what the first call imports: not to be cut either.
            for _ in range(150):
                try:
                    signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-5, 0.003))
                    client.complete(**ASK)
                    signal.setitimer(signal.ITIMER_REAL, 0)
                except Interrupt:
                    pass
            assert client.complete(**ASK).text
            gc.collect()
            assert busy(client) == 0
    finally:
        logging.disable(logging.NOTSET)
        signal.signal(signal.SIGALRM, before)


def quiet(program: str, gateway: Gateway) -> str:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program, gateway.base_url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # asyncio's debug mode tells what took long, which a busy machine makes of anything.
    noise = [line for line in done.stderr.splitlines() if not line.startswith("Executing <")]
    assert (noise, done.returncode) == ([], 0)
    return done.stdout


BEGIN = """
import asyncio, gc, os, sys
from ramclouds import AsyncClient, Client, ConfigurationError
settings = dict(api_key="test-key", base_url=sys.argv[1], max_retries=0)
ask = dict(model="gpt-5", messages=[{"role": "user", "content": "Hi"}])
"""

FORKED = """
client, aclient = Client(**settings), AsyncClient(**settings)
def both():
    return client.complete(**ask).text, asyncio.run(aclient.complete(**ask)).text
first = both()
made, begun = client.stream(**ask), client.stream(**ask)
next(begun)
client.complete(**ask)
child = os.fork()
ours = both()
if not child:
    raised = 0
    for stream in (made, begun):
        try:
            list(stream)
        except ConfigurationError as exc:
            raised += "fork" in str(exc)
    os._exit(0 if ours == first and raised == 2 else 3)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert both() == first
print(bool(list(made)), bool(list(begun)))
"""


@pytest.mark.process
def test_forked_process_opens_connections_and_streams_of_its_own(gateway: Gateway) -> None:
    gateway.handler = lambda request: (
        Sse([chunk({"content": "x"}), Pause(0.05), chunk({}, "stop")])
        if request.json.get("stream")
        else Json(completion())
    )
    assert quiet(BEGIN + FORKED, gateway) == "True True\n"
    # Before the fork the sync client opens two, for a stream beside a call, and each loop one.
    # The child takes none of them.
    assert gateway.connections == 3 + 2 + 1 + 1


NOISE = """
class Agent: pass
async def handle():
    agent = Agent()
    agent.client, agent.itself = AsyncClient(**settings), agent
    await agent.client.complete(**ask)
    async for _ in agent.client.stream(**ask):
        break
async def cycles_in_a_loop():
    for _ in range(20):
        await handle()
    gc.collect()
    await asyncio.sleep(0.1)
asyncio.run(cycles_in_a_loop())

# Loops that are closed without a shutdown.
aclient = AsyncClient(**settings)
for _ in range(3):
    loop = asyncio.new_event_loop()
    loop.run_until_complete(aclient.complete(**ask))
    loop.close()
    del loop
    gc.collect()

# The exit with a loop, and with streams that are open.
loop = asyncio.new_event_loop()
loop.run_until_complete(aclient.complete(**ask))
loop.close()
client = Client(**settings)
next(client.stream(**ask))
stream = client.stream(**ask)
next(stream)
async def main():
    global later
    later = aclient.stream(**ask)
    await anext(later)
    async for _ in aclient.stream(**ask):
        break
asyncio.run(main())
"""


@pytest.mark.process
def test_what_is_left_open_makes_no_noise(gateway: Gateway) -> None:
    assert quiet(BEGIN + NOISE, gateway) == ""
    gateway.wait_closed()
