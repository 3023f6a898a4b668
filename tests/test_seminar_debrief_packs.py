"""Packs of the debrief's page: made once while the class is the same, anew when something changes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

pytest.importorskip("nicegui", reason="needs the extra seminar: make seminar")

from seminar_classes import fill, open_class, play

from negotiation.seminar.service import Service
from negotiation.seminar.web.debrief_packs import Packs
from negotiation.seminar.web.site import Site


def test_a_pack_is_made_anew_when_a_move_a_person_or_a_seat_has_changed(tmp_path: Path) -> None:
    seminar, room = open_class(tmp_path / "class.sqlite", weeks=2)
    people = fill(seminar, room, 4)
    service = Service(tmp_path / "class.sqlite")
    packs = Packs(Site(service, "secret"))

    def key() -> object:
        return packs.key(room.number, True, False)

    async def titles() -> list[int]:
        try:
            made = [await packs.get(room.number, True, False) for _ in range(2)]
            seminar.take_off(people[0].number)
            made.append(await packs.get(room.number, True, False))
            assert people[0].name in str(made[0].people)
            assert people[0].name not in str(made[2].people)
            return [id(each) for each in made]
        finally:
            packs.close()

    try:
        keys = [key()]
        seminar.start(room.number)
        play(seminar, room)
        keys.append(key())
        first, again, after = asyncio.run(titles())
        assert first == again != after
        keys.append(key())
        seminar.put_back(people[0].number)
        assert key() == keys[1]
        seminar.take_off(people[1].number)  # it was somebody else
        keys.append(key())
        seminar.put_back(people[1].number)
        fill(seminar, room, 5)  # four of them are there
        keys.append(key())
        assert len(set(keys)) == len(keys)
        assert packs.key(room.number, False, False) != packs.key(room.number, True, False)
    finally:
        service.close()
