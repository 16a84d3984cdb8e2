"""The overlay notices when moto changes under it; closing the holes asks the same of each."""

from __future__ import annotations

from typing import Any

from tests.moto_stack.overlay import Hole


class Moto:
    def known(self, name: str) -> str:
        return name


def same(original: Any) -> Any:
    return original


def test_what_moto_drops_adds_or_changes_is_named() -> None:
    assert Hole(Moto, "known", same, ("name",)).problem() == ""
    assert Hole(Moto, "known", same, ("name", "port")).problem() == "Moto.known takes no ['port'] any more"
    assert Hole(Moto, "gone", same, ("name",)).problem() == "moto has no Moto.gone any more"
    assert Hole(Moto, "gone", same, None).problem() == ""
    assert Hole(Moto, "known", same, None).problem() == "moto has Moto.known now: drop our own"
