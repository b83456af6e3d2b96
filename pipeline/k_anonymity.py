"""What members' rows may show of them: every combination of what is shown is that of at least k members.

Categories are merged for everybody first, as declared and then by need; what is still rare is not shown for the few
members it concerns, the least important variable first. (Samarati & Sweeney 1998; Hundepool et al. 2012, Statistical
Disclosure Control, sections 3.2 and 3.4: global recoding before local suppression.)
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.anonymity_plan import NOT_SHOWN, KAnonymity
from pipeline.definitions import Domain

Codes = NDArray[np.int64]
Pattern = tuple[int, ...]
UNKNOWN, HIDDEN = -1, -2  # codes beside those of groups: not known of the member; known, and not shown
OR = " or "  # between the names of categories that were merged


@dataclass(frozen=True)
class KeyVariable:
    """A variable that others may know of a person: its categories, and how they are shown together."""

    domain: str
    values: tuple[str, ...]  # categories, as declared
    groups: tuple[tuple[int, ...], ...]  # categories shown together, by their codes
    names: dict[tuple[int, ...], str]  # of declared groups
    is_ordered: bool  # only neighbours may be merged

    def name(self, group: tuple[int, ...]) -> str:
        """Return how a group of categories is called."""
        return self.names.get(group) or OR.join(self.values[code] for code in group)

    def group_of_value(self) -> Codes:
        """Return the (n_values,) group that each category is shown in."""
        found = np.zeros(len(self.values), np.int64)
        for number, group in enumerate(self.groups):
            found[list(group)] = number
        return found

    @property
    def n_merged(self) -> int:
        """Return how many categories are shown together with others."""
        return sum(len(group) for group in self.groups if len(group) > 1)


@dataclass(frozen=True)
class ShownProfile:
    """What is shown of the key variables of every member."""

    keys: tuple[KeyVariable, ...]
    shown: Codes  # (n_members, n_keys) group, UNKNOWN or HIDDEN

    def labels(self, key: int) -> list[str | None]:
        """Return what is shown of one variable, (n_members,); None where it is not known."""
        variable = self.keys[key]
        names = {number: variable.name(group) for number, group in enumerate(variable.groups)}
        words: dict[int, str | None] = {**names, UNKNOWN: None, HIDDEN: NOT_SHOWN}
        return [words[code] for code in self.shown[:, key].tolist()]

    @property
    def counts(self) -> Codes:
        """Return how many members share each combination that shows anything."""
        patterns, number = _patterns(self.shown)
        counts = np.bincount(number)
        return np.asarray(counts[(patterns != HIDDEN).any(axis=1)])


def shown_profile(asked: KAnonymity, domains: Sequence[Domain], codes: Codes) -> ShownProfile:
    """Return what is shown of members so that each combination is that of at least `asked.k` of them.

    Args:
        domains: the key variables, in the order of `asked.keys`: most important first.
        codes: (n_members, n_keys) category of each member, UNKNOWN where it is not known.
    """
    keys = [_declared(domain, asked.collapse.get(domain.domain, {})) for domain in domains]
    of_combination, number = _patterns(codes)
    counts = np.bincount(number)
    most = asked.most_not_shown * codes.shape[0]
    while (n_rare := _n_rare(keys, of_combination, counts, asked.k)) > most:
        options = list(_merged_once(keys, of_combination, counts))
        if not options:
            break
        # what helps most for what is lost; where nothing helps, what loses least
        gains = [(n_rare - _n_rare(option, of_combination, counts, asked.k)) / loss for loss, option in options]
        keys = options[int(np.argmax(gains))][1] if max(gains) > 0 else min(options, key=lambda one: one[0])[1]
    return ShownProfile(tuple(keys), _with_rare_hidden(_grouped(keys, codes), asked.k))


def shown_in_full(domains: Sequence[Domain], codes: Codes) -> ShownProfile:
    """Return the profile of members of whom everything is shown."""
    return ShownProfile(tuple(_declared(domain, {}) for domain in domains), codes)


def _declared(domain: Domain, collapse: dict[str, tuple[str, ...]]) -> KeyVariable:
    place = {value: code for code, value in enumerate(domain.values)}
    groups = {tuple(sorted(place[value] for value in values)): name for name, values in collapse.items()}
    singles = [(code,) for code in range(len(domain.values))]
    return KeyVariable(
        domain.domain, domain.values, tuple(sorted(groups) or singles), groups, is_ordered=bool(domain.bands)
    )


def _grouped(keys: Sequence[KeyVariable], codes: Codes) -> Codes:
    """Return the (n_members, n_keys) groups that members' categories are shown in."""
    shown = np.full(codes.shape, UNKNOWN, np.int64)
    for place, key in enumerate(keys):
        is_known = codes[:, place] >= 0
        shown[is_known, place] = key.group_of_value()[codes[is_known, place]]
    return shown


def _merged_once(
    keys: Sequence[KeyVariable], combinations_found: Codes, counts: Codes
) -> Iterator[tuple[float, list[KeyVariable]]]:
    """Yield what is lost, and the variables, with two groups of one of them merged; the least important first.

    Of bands the two are neighbours; of other categories the group that fewest members are in, and any other.
    """
    for place in reversed(range(len(keys))):
        key, column = keys[place], combinations_found[:, place]
        sizes = {group: int(counts[np.isin(column, group)].sum()) for group in key.groups}
        pairs: list[tuple[tuple[int, ...], tuple[int, ...]]] = list(pairwise(key.groups))
        if not key.is_ordered:
            smallest = min(key.groups, key=lambda group: sizes[group])
            pairs = [pair for pair in combinations(key.groups, 2) if smallest in pair]
        for pair in pairs:
            kept = [group for group in key.groups if group not in pair]
            groups = tuple(sorted([*kept, tuple(sorted(pair[0] + pair[1]))]))
            changed = replace(key, groups=groups)
            yield _bits_lost(*(sizes[group] for group in pair)), [*keys[:place], changed, *keys[place + 1 :]]


def _bits_lost(first: int, second: int) -> float:
    """Return the information about members that is lost when two groups are no longer told apart, in bits; above 0."""
    sizes = np.array([first, second], np.float64)
    shares = sizes[sizes > 0] / max(sizes.sum(), 1.0)
    return max(-float((sizes[sizes > 0] * np.log2(shares)).sum()), 1e-9)


def _patterns(codes: Codes) -> tuple[Codes, Codes]:
    """Return the distinct rows of codes, and the number of each row's."""
    number = np.zeros(codes.shape[0], np.int64)
    for column in codes.T:
        number = number * (int(column.max(initial=0)) - HIDDEN + 1) + column - HIDDEN
        number = np.unique(number, return_inverse=True)[1].astype(np.int64)
    _, first = np.unique(number, return_index=True)
    return codes[first], number


def _n_rare(keys: Sequence[KeyVariable], combinations_found: Codes, counts: Codes, k: int) -> int:
    """Return how many members share their combination of groups with fewer than k."""
    members = np.bincount(_patterns(_grouped(keys, combinations_found))[1], counts)
    return int(members[members < k].sum())


def _with_rare_hidden(shown: Codes, k: int) -> Codes:
    """Return what is shown with rare combinations hidden, from the last variable to the first as far as it takes."""
    n_keys = shown.shape[1]
    patterns, number = _patterns(shown)
    order = np.argsort(number, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(number))[:-1]) if order.size else []
    members = {tuple(pattern): part for pattern, part in zip(patterns.tolist(), parts, strict=True)}
    for place in reversed(range(n_keys)):
        rare = [pattern for pattern, those in members.items() if those.size < k and set(pattern) != {HIDDEN}]
        by_start = defaultdict(list)
        for pattern in members:
            by_start[pattern[:place]].append(pattern)
        for start in dict.fromkeys(pattern[:place] for pattern in rare):
            _hide_rare(members, by_start[start], start + (HIDDEN,) * (n_keys - place), k)
    hidden = shown.copy()
    for pattern, those in members.items():
        hidden[those] = pattern
    return hidden


def _hide_rare(members: dict[Pattern, Codes], alike: list[Pattern], hidden: Pattern, k: int) -> None:
    """Move the members of rare patterns to the hidden one, with as many others as make k where these can be spared."""
    rare = [pattern for pattern in alike if members[pattern].size < k and pattern != hidden]
    moved = [members.pop(pattern) for pattern in rare]
    if hidden in members:
        moved.append(members[hidden])
    n_needed = k - sum(part.size for part in moved)
    others = sorted((one for one in alike if one in members and one != hidden), key=lambda one: -members[one].size)
    if n_needed > 0 and sum(members[one].size - k for one in others) >= n_needed:
        for one in others:
            n_spared = min(max(n_needed, 0), members[one].size - k)
            moved.append(members[one][:n_spared])
            members[one] = members[one][n_spared:]
            n_needed -= n_spared
    members[hidden] = np.concatenate(moved)
