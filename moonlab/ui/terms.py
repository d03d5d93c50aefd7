"""What is said of seeds and averages, given what varies with the seed."""

EARLIER = " (earlier)"  # behind the name of a result that belongs to earlier settings
_VARIES = {
    "independent": "its first weights and the order of its batches",
    "with_data": "its points and their split, its first weights and the order of its batches",
    "only_start": "its first weights",
    "only_batches": "the order of its batches",
    "only_data": "its points and their split",
    "sequential": "its first weights and the order of its batches",
}


def varying(seeding: str) -> str:
    """What a run has from its seed."""
    return _VARIES[seeding]


def draws_points(seeding: str) -> bool:
    """Whether each seed draws points of its own."""
    return "points" in _VARIES[seeding]


def average(seeding: str) -> str:
    """The average that an interval holds, followed by a comma."""
    data = "each with points of its own" if draws_points(seeding) else "on the same data"
    return f"the average over all possible seeds, {data},"
