"""A survey's own texts in one more language: which there are, and what each is called."""

from dataclasses import dataclass, field, replace

TITLE, POPULATION, UNIVERSE, UNIT, METHODS_NOTE = SURVEY_TEXTS = (  # of the survey as a whole
    "title",
    "population",
    "universe",
    "unit",
    "methods_note",
)
LABEL, WORDING, ANSWER = "label", "wording", "answer"  # of an item; an answer has its code too
LINK_NOTE = "link_note"  # of two items, joined by LINKED
TOPIC, HEADLINE = "topic", "headline"  # of a topic of items; of a headline, whichever item has it
DOMAIN, GROUP, WEIGHT = "domain", "group", "use_when"  # of a domain; of one of its values, the code; of a weight_id
STATEMENT = "statement"  # of an element of the survey's statement
INTRO, THANKS, NEXT_SURVEY = EDITOR_TEXTS = ("intro", "thanks", "next_survey")  # of a wave's newsletter
YOU_SAID, WE_DID = "you_said", "we_did"  # of a wave's newsletter; the code is the place
OF_A_NEWSLETTER = (*EDITOR_TEXTS, YOU_SAID, WE_DID)
LINKED = ">"

Key = tuple[str, str, str]  # what it is, of which item (topic, domain, weight, wave), and its code; '' for none


@dataclass(frozen=True)
class Translation:
    """What a survey says in a language beside its main one; what is not in `texts` is not translated."""

    language: str
    texts: dict[Key, str] = field(default_factory=dict)
    reviewed_by: str = ""  # the translator who looked it through; '' = drafted by a machine, nobody did

    @property
    def is_reviewed(self) -> bool:
        """Return whether a translator stands behind the texts."""
        return bool(self.reviewed_by)

    def without_other_newsletters(self, wave: str) -> "Translation":
        """Return the same without what editors say of other waves."""
        said = {key: text for key, text in self.texts.items() if key[0] not in OF_A_NEWSLETTER or key[1] == wave}
        return replace(self, texts=said)
