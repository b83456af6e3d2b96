"""English: every text of the reports that is not a finding, and the words findings are made of."""

MONTHS = (  # not strftime: its month names depend on the machine's language
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

TOO_FEW = "too few to say"
NOT_STATED = "not stated"

ENGLISH = {
    "provisional": "Provisional",
    "provisional_banner": (
        "This wave is still in the field, or its figures are not frozen yet. Any of them may still move. Nothing is "
        "tested and nothing is compared with earlier waves. Please do not quote this page."
    ),
    "wave": "Wave",
    "newsletter": "Panel newsletter",
    "fieldwork": "Fieldwork",
    "release": "Release",
    "members_answered": "Members who answered",
    "speaks_for": "Speaks for",
    "correction": "Correction",
    "findings_heading": "What you told us",
    "other_headlines": "The other headline questions of this survey",
    "other_headlines_note": "Declared with the ones above before fieldwork, and tested together with them.",
    "no_findings": "No headline question of this survey was asked in this wave.",
    "question": "Question",
    "base": "Base",
    "chart_data": "The figures behind this chart",
    "finding": "Finding",
    "change": "Change",
    "share": "Share",
    "range": "Range",
    "estimate": "Estimate",
    "you_said_heading": "What happened because of it",
    "you_said": "You said",
    "we_did": "We did",
    "thanks_heading": "Thank you, and what comes next",
    "who_heading": "Who answered, and who left",
    "age_group": "Age group",
    "everyone": "Everyone",
    "answered_this": "Answered this wave",
    "invited": "Invited",
    "asked_caption": "Everyone invited to this wave",
    "stayed_caption": "Those who answered the first wave",
    "no_answer_this": "Did not answer",
    "share_stayed": "Share who answered",
    "share_eligible": "Of those still eligible",
    "still_eligible": "Still eligible",
    "retention_chart": "Share who answered again, by age group",
    "how_heading": "How it was done",
    "method": "Method",
    "dates": "Dates",
    "mode": "Mode",
    "population": "Population",
    "response": "Response",
    "weighting": "Weighting",
    "inference": "What the figures stand for",
    "uncertainty": "Uncertainty",
    "tests": "Tests of change",
    "disclosure": "Small groups",
    "margins_caption": "Population totals known to the weighting",
    "margin": "Margin",
    "counted": "Counted",
    "source": "Source",
    "reference_date": "Reference date",
    "approximation": "Approximation",
    "none": "none",
    "made": "Made",
    "rounding_note": (
        "Figures are rounded to whole per cent; differences are taken before rounding, so they may not match "
        "the rounded figures."
    ),
    "age_note": "Age is that at the start of the panel, or at recruitment; nobody changes group.",
    "flagged": "Fewer than 100 people answered: read with care.",
}

STATUS = {
    "provisional": "provisional",
    "final": "final",
    "corrected": "corrected: replaces an earlier release",
}

MODES = {
    "web": "online questionnaire",
    "online": "online questionnaire",
    "face_to_face": "interview in person",
    "in_person": "interview in person",
    "capi": "interview in person",
    "telephone": "interview by telephone",
    "phone": "interview by telephone",
    "paper": "paper questionnaire",
    "mixed": "mixed: more than one way to answer",
}

INFERENCE = {
    "probability": ("Members were drawn by chance with known probabilities, so the figures estimate the population."),
    "calibrated_legacy": (
        "The selection probabilities of this panel are not known. Figures are adjusted to the population's make-up; "
        "their ranges are indicative."
    ),
    "pseudo_weighted": (
        "Some members volunteered. Their weights are modelled on members drawn by chance; ranges are indicative."
    ),
    "model": "The figures come from a statistical model of the population; ranges are indicative.",
    "not_representative": "The figures describe the people who took part, and nobody else.",
}
UNTESTED_INFERENCE = "not_representative"  # no population, hence no interval and no claim of change

UNCERTAINTY = (
    "The ranges cover sampling error only, under the weighting assumptions stated here: among people alike in the "
    "variables used for weighting, those who answered would have said the same as those who did not. Errors of "
    "wording, recall or coverage are not in them."
)
TESTS = (
    "A direction is named only where the difference passes a test, corrected for all the headline comparisons that "
    "were declared before fieldwork and tested together. Every other comparison is reported without one, which does "
    "not mean that opinion stood still. The range of a single difference is not widened by that correction."
)
NO_TESTS = "Nothing on this page is tested against another wave."
DISCLOSURE = {
    "open": "This survey is public-use data: nothing is hidden or rounded for confidentiality.",
    "public": (
        "Percentages on fewer than 50 answers are not shown, those on 50 to 99 are marked. Counts under 10 are not "
        "shown; other counts are rounded to 10."
    ),
}
BOTH_WAVES = "Among people who answered both waves"
VERDICTS = {"rose": "Rose", "fell": "Fell", "no clear change": "No clear change"}

WAVE = "Wave {number}"
SINCE = "wave {number}"
MAY_BE_MODE = "Not everybody was interviewed in the same way as then, which alone could explain a change of this size."
PAGE_TITLE = "{title}: wave {number} newsletter"
PROVISIONAL_TITLE = "PROVISIONAL: {page_title}"
STANDFIRST = "What {n} members of the panel told us, weighted to the population they stand for."
STANDFIRST_UNWEIGHTED = "What {n} people who took part told us."

CHART_KEY = "Dot: estimate. Band and bar: its {level} range."
BAR_KEY = "Dot: estimate. Bar: its {level} range."
PROVISIONAL_KEY = "Hollow dot: provisional."
CHART_TITLE = "{label}: share who answered {answers}"
TREND_DESCRIPTION = "Line of {n} waves with a {level} range around each. {last}"
SINGLE_DESCRIPTION = "One dot with its {level} range. {last}"
LAST_POINT = "Latest, {label}: {share}, {range}."
GROUP_POINT = "{label}: {share}, {range}."
GROUPS_DESCRIPTION = "A dot with its {level} range for each group. {groups}"

WHO_SENTENCE = "Of the {first} people who answered {first_wave}, {share} answered this wave."
WHO_FIRST = "This is the first wave: from here on we count who stays. {n} people answered."
WHO_NOTHING = "No figures on who stayed are published for this wave."
ANSWERED_WAVE = "Answered wave\u00a0{number}"
NOT_ANSWERED_YET = "Not answered so far"
METHOD = "A standing panel: the same members are asked wave after wave. {note}"
RESPONSE = "{responded} of {invited} members invited answered{rate}."
RESPONSE_COUNT = "{responded} members answered."
RESPONSE_RATE = "Response rate among members still in the population: {rate}."
PARTICIPATION_RATE = "Participation rate among members invited: {rate}."  # AAPOR: volunteers have no response rate
CUMULATIVE = "Cumulative response rate, recruitment included: {rate}."
CUMULATIVE_UNKNOWN = "The cumulative response rate, recruitment included, is not known."
WEIGHTING = {
    "cross_sectional": (
        "Those who answered this wave are weighted to the population; weight “{weight_id}”, held by {n} members."
    ),
    "longitudinal": (
        "Longitudinal weight “{weight_id}”, held by the {n} members who belong to the set of waves {waves}; it lets "
        "them stand for those who left in between."
    ),
}
POPULATION_TOTAL = "{persons} {unit}"
POPULATION_SOURCE = "Source: {source}."
APPROXIMATIONS = {"shares": "shares of another unit or universe, scaled to the population"}
CORRECTED = "{wave} corrected on {day}: {moved}"
NOTHING_MOVED = "no published figure moved."
ERRORS_MOVED = "no estimate moved; the margins of error of {n} did."
FIGURES_MOVED = "{n} moved."
LARGEST_MOVED = "{n} moved, {whom} by {points} ({label}: {category}, {before} before, {after} now)."
FOR_EVERYONE = "for everyone"
FOR_GROUP = "among {group}"
POINTS = "at most {points} points"
HARDLY = "less than 0.05 points"
FIGURES_FROM = "Figures and their exact definitions: the published panel file, survey “{survey}”, wave “{wave}”."

EXPLORER = {
    "page_title": "{title}: trend explorer",
    "kicker": "Trend explorer",
    "choose": "Choose what to see",
    "survey": "Survey",
    "search": "Find a question",
    "search_hint": "Type a word of the question",
    "item": "Question",
    "no_item": "No question has these words.",
    "figure": "Figure",
    "by": "Compare",
    "all": "Everyone",
    "groups": "Groups shown",
    "from": "From",
    "to": "To",
    "mean": "Mean of the answers",
    "asked": "Question as asked",
    "table": "The figures",
    "wave": "Wave",
    "fieldwork": "Fieldwork",
    "base": "base",
    "range": "{low} to {high}",
    "too_few": "too few to show",
    "not_asked": "not asked",
    "thin": "few answers: read with care",
    "axis_percent": "{value}%",
    "less": "<1%",
    "more": ">99%",
    "chart": "{figure}, {n} waves. {groups}",
    "chart_group": "{group}: {last} in {wave}, range {range}.",
    "chart_empty": "{group}: nothing can be shown.",
    "band": "Band and bar: the range that sampling error allows. Whether a change is more than chance is told in the "
    "newsletter, not here.",
    "break": "new wording",
    "break_note": "The wording changed: the waves before it were asked differently. {note}",
    "version_earlier": "Earlier wording",
    "version_later": "Later wording",
    "not_comparable": "not comparable with this one",
    "take_away": "Take away",
    "get_csv": "Data (CSV)",
    "get_svg": "Picture (SVG)",
    "get_png": "Picture (PNG)",
    "link": "Link to this view",
    "copy_link": "Copy link",
    "copied": "Link copied",
    "updated": "Now showing {figure}, {by}.",
    "no_script": "This page needs JavaScript to draw its charts. It runs in the page alone and asks no network.",
}

METHODS = {
    "page_title": "{title}, wave {number}: how it was done",
    "kicker": "Methods and disclosure sheet",
    "standfirst": (
        "What a reader needs to judge the figures of this wave, under the headings of AAPOR's disclosure elements. It "
        "also holds what the British Polling Council's rules and the Code of Practice for Statistics ask for."
    ),
    "not_stated": "Not stated by the survey's author.",
    "strategy": "Strategy of data collection",
    "sponsor_and_conductor": "Who sponsored and conducted it",
    "instruments": "Questions",
    "population": "Population",
    "sample": "How the sample was made and recruited",
    "modes": "Modes",
    "dates": "Dates",
    "sizes_and_precision": "Sizes and precision",
    "weighting": "Weighting",
    "processing_and_quality": "Processing and quality",
    "limitations": "Limitations",
    "releases": "Releases and corrections",
    "design": "Design",
    "sponsor": "Sponsor",
    "conducted_by": "Conducted by",
    "funding": "Funding",
    "contact": "Contact",
    "languages": "Languages",
    "sampling_frame": "Sampling frame",
    "sampling": "Sampling",
    "recruitment": "Recruitment",
    "coverage": "Coverage",
    "incentives": "Incentives",
    "inference": "What the figures stand for",
    "mode": "Mode",
    "fieldwork": "Fieldwork",
    "response": "Response",
    "precision": "Precision",
    "precision_line": (
        "Design effects of the headline shares run from {low} to {high}; their {level} ranges reach up to {margin} "
        "points to either side."
    ),
    "tests": "Tests of change",
    "false_claims": (
        "If nothing had changed, at most {expected} of the {n} newsletters of a year would be expected to name a "
        "change that is none: {n} families of headline tests a year, each held to {level} by {correction}."
    ),
    "false_discoveries": (
        "Of the changes named in a year, at most {level} are expected to be none: {n} families of headline tests, "
        "each corrected by {correction}."
    ),
    "corrections": {"holm": "Holm's method", "benjamini_hochberg": "the method of Benjamini and Hochberg"},
    "processing": "Processing",
    "quality_assurance": "Quality assurance",
    "rows": "Rows delivered",
    "rows_line": "{delivered} delivered, {accepted} accepted, {refused} refused, {superseded} superseded.",
    "flags": "Careless answering",
    "flags_line": "{flag}: {n} members flagged",
    "no_flags": "Nobody was flagged.",
    "uncertainty": "Uncertainty",
    "small_groups": "Small groups",
    "release": "Release",
    "release_line": "{release}, {status}, {day}.",
    "correction": "Correction",
    "no_corrections": "No figure of this wave has been corrected.",
    "release_calendar": "Release calendar",
    "pre_release_access": "Access before release",
    "fewer": "fewer than {n}",
    "questions_caption": "Questions of this wave, in the order of the codebook",
    "question": "Question",
    "answers": "Answers",
    "steps_caption": "From base weight to final weight",
    "step": "Step",
    "members": "Members",
    "factors": "Factors",
    "design_effect": "Design effect",
    "note": "Note",
    "regimes_caption": "What the three codes ask for, and where it stands",
    "code": "Code",
    "asks_for": "Asks for",
    "stands_under": "Under",
    "stated": "Stated",
    "yes": "yes",
    "no": "not stated",
}

TABLES = {
    "title": "{title}, wave {number}: tables",
    "contents": "Contents",
    "contents_note": "One sheet to a question. Shorthand and methods are explained on the sheet Notes.",
    "sheet": "Sheet",
    "question": "Question",
    "notes": "Notes",
    "term": "Term",
    "meaning": "Meaning",
    "back": "Back to the contents",
    "table_note": (
        "Weighted percentages of those who gave an answer. Shorthand: [c] hidden to protect people, [x] not asked."
    ),
    "answer": "Answer",
    "everyone": "Everyone",
    "not_asked": "[x]",
    "unweighted_n": "Unweighted base",
    "weighted_n": "Weighted base",
    "effective_n": "Effective base",
    "higher_than": "{label}: higher than",
    "population": "Population",
    "weight": "Weight",
    "method": "Method",
    "inference": "What the figures stand for",
    "percentages": "Percentages",
    "percentages_note": "Weighted, in whole per cent of those who gave an answer; a net adds up several answers.",
    "bases": "Bases",
    "bases_note": (
        "Unweighted: people who gave an answer. Weighted: the people of the population they stand for. Effective: the "
        "simple random sample that would be as precise."
    ),
    "letters": "Letters",
    "letters_note": (
        "Each group of a domain has a letter, in brackets in its heading. A letter under a figure says that it is "
        "clearly higher than that of the group with the letter: a two-sided test of the difference at 5%, with the "
        "sampling design in its error, corrected for all pairs of the row's domain by Holm's method."
    ),
    "uncertainty": "Uncertainty",
}

EASY_READ = {
    "kicker": "Easy read",
    "about": "This page tells what people in the panel said. It uses short sentences.",
    "finding": "About {share} out of 100 people said: {answers}.",
    "too_few": "Too few people answered to say.",
    "rose": "That is more than before.",
    "fell": "That is less than before.",
    "no clear change": "We cannot tell if this changed.",
    "who": "{n} people answered.",
    "sure": "We asked some people, not everyone. The real number can be a little higher or lower.",
    "question": "The question was:",
    "chance": "A panel is a group of people who answer questions again and again.",
}

CODEBOOK = {
    "page_title": "{title}: codebook",
    "kicker": "Codebook",
    "search": "Find an item",
    "search_hint": "A word of the question, an answer, an id",
    "found_words": "{n} of {all} items",
    "other": "Other items",
    "answer": "Answer, weighted, by wave",
    "base": "People who gave an answer (unweighted)",
    "scale": "scale",
    "kinds": {"category": "One answer of a list", "number": "A number"},
    "hidden": "[c]",
    "few": "[c]",
    "missing_kinds": {
        "dont_know": "Don't know (of those asked, unweighted)",
        "refused": "Refused",
        "not_asked": "Not asked",
        "skipped": "Skipped",
        "not_distinguished": "No answer, kind not known",
    },
    "comparability": {
        "identical": "the same question",
        "comparable_with_break": "comparable with a break",
        "not_comparable": "not comparable",
    },
    "version_earlier": "Earlier version: {label}, {comparability}.",
    "version_later": "Later version: {label}, {comparability}.",
    "chart": "{label}: shares of the answers in {n} waves; the table has the figures.",
}


WEIGHT_KINDS = {"cross_sectional": "cross-sectional weight", "longitudinal": "longitudinal weight"}
RESTS_ON = {
    "probability": "Estimates rest on a random sample with known chances of selection.",
    "calibrated_legacy": "The chances of selection are lost: everyone starts at 1, and ranges are indicative.",
    "pseudo_weighted": "Members recruited by other means have pseudo-weights; ranges are indicative.",
    "model": "Estimates rest on a model; ranges are indicative.",
    "not_representative": "Figures describe those who took part, and nobody else.",
}

TREND_REPORT = {
    "kicker": "Technical trend report",
    "title": "{title}: technical trend report to {wave}",
    "about": (
        "Weighted percentages, in whole per cent of those who gave an answer; a dash: not asked; [c]: hidden to "
        "protect people. Ranges, bases and tests are in the published file and the tables of each wave."
    ),
    "contents": "Contents",
    "other": "Other items",
    "answer": "Answer",
    "everyone": "Everyone",
    "weighting": "Weighting log",
    "quality": "Quality",
    "quality_caption": "Share found by each measure, by wave",
    "measure": "Measure",
    "corrections": "Releases and corrections",
    "releases": "Releases",
    "release": "Release",
    "status": "Status",
    "day": "Day",
    "notice": "Notice",
    "moved": "{release} moved {n} figures, by {points} points at most.",
    "none_moved": "No released figure has been corrected.",
}
