"""How members' rows are coarsened for researchers, in survey.yml: key variables, how they collapse, and k."""

from collections import Counter
from collections.abc import Collection

from pipeline.anonymity_plan import NOT_SHOWN, USUAL_K, KAnonymity
from pipeline.definitions import Domain
from pipeline.survey_files.blocks import Block
from pipeline.survey_files.values import Value

PUBLIC = "public"


def usual_k_anonymity(domains: Collection[Domain], disclosure_profile: str) -> KAnonymity | None:
    """Return what holds where nothing is declared: of a public profile, every published domain is a key variable.

    None, everything is shown: a survey whose disclosure profile is open, as that of a public-use file.
    """
    published = tuple(domain.domain for domain in domains if domain.is_published)
    return KAnonymity(USUAL_K, published) if disclosure_profile == PUBLIC and published else None


def read_k_anonymity(survey: Block, domains: Collection[Domain], disclosure_profile: str) -> KAnonymity | None:
    """Return what is declared, or else the usual."""
    published = {domain.domain: domain for domain in domains if domain.is_published}
    block = survey.block("k_anonymity")
    if block is None:
        return usual_k_anonymity(domains, disclosure_profile)
    k = block.whole("k", USUAL_K)
    if k < 2:
        block.value.fault(f"k {k}", "2 or more", f"Of one member a combination tells all: write k: {USUAL_K}, say.")
    keys = block.names("keys", published, "a published domain") or tuple(published)
    for name in [name for name, n in Counter(keys).items() if n > 1]:
        block.value.fault(f"key '{name}' more than once", "each once", "Keep one of them.")
    usual = KAnonymity(k, keys)
    plan = KAnonymity(
        k,
        keys,
        _collapse(block, {name: published[name] for name in keys if name in published}),
        _most_not_shown(block, usual.most_not_shown),
    )
    block.close()
    return plan


def _most_not_shown(block: Block, usual: float) -> float:
    most = block.number("most_not_shown", usual)
    if not 0 <= most <= 1:
        block.value.fault(f"most_not_shown {most:g}", "a share from 0 to 1", f"Write most_not_shown: {usual:g}, say.")
    return most


def _collapse(block: Block, keys: dict[str, Domain]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return how each key variable's categories are shown together; every category once."""
    found = block.get("collapse")
    collapse = {}
    for name, value in ({} if found is None else found.entries()).items():
        if value.is_among(name, keys, "a key variable"):
            collapse[name] = _groups(value, keys[name])
    return collapse


def _groups(value: Value, domain: Domain) -> dict[str, tuple[str, ...]]:
    groups = {}
    for name, listed in value.entries().items():
        categories = tuple(one.name(domain.values, f"a category of '{domain.domain}'") for one in listed.elements())
        groups[name] = tuple(category for category in categories if category)
        _refuse_group(listed, name, groups[name], domain)
    named = Counter(category for categories in groups.values() for category in categories)
    for category, n in named.items():
        if n > 1:
            value.fault(f"category '{category}' {n} times", "each category once", "Take it out of all but one.")
    left_out = [category for category in domain.values if category not in named]
    if left_out:
        fix = "Add each to a group, or as a group of its own."
        value.fault(f"no group with {', '.join(map(repr, left_out))}", "every category in one", fix)
    return groups


def _refuse_group(listed: Value, name: str, categories: tuple[str, ...], domain: Domain) -> None:
    """Note a group without categories, one named as what is not shown, and bands that are not neighbours."""
    if not categories:
        listed.fault(f"no category in '{name}'", "one or more", "List its categories, or remove it.")
    if name == NOT_SHOWN:
        listed.fault(f"a group named '{NOT_SHOWN}'", "another name", "That is what a suppressed value is called.")
    places = sorted({domain.values.index(category) for category in categories})
    if domain.bands and places and places[-1] - places[0] >= len(places):
        listed.fault(f"bands in '{name}' that are not neighbours", "neighbours", "Add the bands between them.")
