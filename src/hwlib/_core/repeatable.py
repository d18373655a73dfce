"""Runs of torch computations that leave no trace behind and can be repeated exactly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hwlib._core.optional import require


class Repeatable:
    """Runs in which modules work on copies of their buffers, and random numbers start from the same states each time.

    After a run, also one that ended in an error, buffers and random states are what they were before. Known are the
    states of torch's default generators, on the CPU and on CUDA devices, and of every ``torch.Generator`` that is an
    attribute of a module that is called. Other sources are not seen: a generator that a function names, NumPy's,
    Python's, and what a module keeps in attributes of its own.
    """

    def __init__(self) -> None:
        self._starts: dict[Any, Any] = {generator: generator.get_state() for generator in _default_generators()}

    @contextmanager
    def run(self) -> Iterator[None]:
        """A run begins on entry and ends on exit. The graph of what it computes may go on using the copies."""
        torch = require("torch")
        replaced: list[tuple[Any, str, Any]] = []
        copies: dict[int, Any] = {}
        seen: set[int] = set()
        before: dict[Any, Any] = {}

        def restart(generator: Any) -> None:
            if generator not in before:
                before[generator] = generator.get_state()
                generator.set_state(self._starts.setdefault(generator, before[generator]))

        def enter(module: Any, _inputs: Any) -> None:
            for inner in module.modules():
                if id(inner) in seen:
                    continue
                seen.add(id(inner))
                for value in vars(inner).values():
                    if isinstance(value, torch.Generator):
                        restart(value)
                for name, buffer in inner._buffers.items():
                    if buffer is not None:
                        replaced.append((inner, name, buffer))
                        inner._buffers[name] = copies.setdefault(id(buffer), buffer.detach().clone())

        for generator in list(self._starts):
            restart(generator)
        hook = torch.nn.modules.module.register_module_forward_pre_hook(enter)
        try:
            yield
        finally:
            hook.remove()
            for module, name, buffer in replaced:
                module._buffers[name] = buffer
            for generator, state in before.items():
                generator.set_state(state)


def _default_generators() -> list[Any]:
    torch = require("torch")
    on_devices = torch.cuda.default_generators if torch.cuda.is_initialized() else ()
    return [torch.default_generator, *on_devices]
