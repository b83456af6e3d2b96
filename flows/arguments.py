"""A parser of arguments that names the option a misspelt one may have been meant for."""

import argparse
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

LIKELY = 0.7  # of difflib's likeness, from which a name is worth suggesting


class ArgumentParser(argparse.ArgumentParser):
    """Parses as argparse does; every subcommand refuses what it does not know itself, with its own usage."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._misspelt: list[str] = []

    def parse_known_args(  # type: ignore[override]  # argparse types it by overloads
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Return what was parsed; never anything left over."""
        self._misspelt = [] if args is None else [one.partition("=")[0] for one in args if self._is_unknown(one)]
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown

    def error(self, message: str) -> NoReturn:
        """Exit with 2, after the usage, the message and the options that were likely meant."""
        known = list(self._option_string_actions)
        meant = [(one, get_close_matches(one, known, n=1, cutoff=LIKELY)) for one in self._misspelt]
        advice = "".join(f"; '{one}': did you mean '{near[0]}'?" for one, near in meant if near)
        super().error(message + advice)

    def _is_unknown(self, text: str) -> bool:
        """Return whether a text looks like an option, but is neither one nor the start of one."""
        name = text.partition("=")[0]
        return name.startswith("--") and not any(option.startswith(name) for option in self._option_string_actions)
