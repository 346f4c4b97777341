"""What the words of the lab mean: one source for tooltips, the player and the About page. Every text is ours."""

from typing import NamedTuple


class Term(NamedTuple):
    """A word and what it means.

    Attributes:
        name: as it is written on pages.
        symbol: in the papers, such as "h_t"; empty if it has none there.
        meaning: one or two sentences, without markup.
        group: under which About lists it.
    """

    name: str
    symbol: str
    meaning: str
    group: str


_STUDY, _PERSON, _POLICY, _JUDGE, _EVIDENCE = (
    "The study", "The simulated person", "The policy", "The judge and the filter", "Evidence",
)  # fmt: skip

TERMS: tuple[Term, ...] = (
    Term(
        "JITAI", "",
        "Just-in-time adaptive intervention: an app that decides each day whether to send a message, and which, "
        "from what it knows at that moment.",
        _STUDY,
    ),
    Term(
        "steps", "s_t",
        "What a day earns in this model, in the model’s own units: at most about 200 a day at first. They are not"
        " a pedometer’s 5,000.",
        _STUDY,
    ),
    Term(
        "seed", "",
        "The number from which all chance in a run is drawn. The same seed gives the same contexts, abilities, "
        "words and luck, whatever the policy does.",
        _STUDY,
    ),
    Term(
        "twin", "",
        "The same person under the same seed, once more without the judge. Nobody in a real study has a twin; a "
        "simulation gives one for free.",
        _STUDY,
    ),
    Term(
        "branch", "",
        "The same run with one day lived in another way: other words, another truth or another action.",
        _STUDY,
    ),
    Term(
        "habituation", "H, h_t",
        "How used to messages the person is, from 0 to 1. Every message adds to it and makes the next one work "
        "less; days without a message restore it.",
        _PERSON,
    ),
    Term(
        "disengagement risk", "D, d_t",
        "How close to giving up the person is. Messages at the wrong place, and messages to somebody who cannot "
        "walk, add to it; useful ones reduce it. At 0.99 the person leaves the study.",
        _PERSON,
    ),
    Term(
        "context", "C, c_t",
        "Where the person is: at home (0) or at work (1). A message tailored to the wrong place earns nothing.",
        _PERSON,
    ),
    Term(
        "context reading", "P, p_t",
        "A noisy sensor’s probability that the person is at work. The likelier place, L or l_t, is what the "
        "policy tailors to.",
        _PERSON,
    ),
    Term(
        "could not walk", "w_t = 0",
        "True of days on which the simulated person earns no steps whatever is sent: ill, injured, no way to go "
        "out. Nobody in the study sees it; policy and judge can only infer it.",
        _PERSON,
    ),
    Term(
        "does not want a message", "",
        "Something else than being unable to walk. The model has no such state: somebody who writes “quit it with"
        " the pings” may well walk. A judge that is asked about ability only says nothing about it; the prompt "
        "“able and willing” asks both.",
        _PERSON,
    ),
    Term(
        "policy", "",
        "What proposes each day’s action from numbers: no message, a generic one, or one tailored to home or to "
        "work.",
        _POLICY,
    ),
    Term(
        "Thompson sampling", "TS",
        "A policy that learns what each action earns, and each day draws one plausible value for each and takes "
        "the largest. Pages call it the learner; papers and files call it TS.",
        _POLICY,
    ),
    Term(
        "hybrid", "LLM+TS",
        "Thompson sampling whose proposals a language model may hold back: the published method. Pages call it the "
        "learner with judge; papers and files call it LLM+TS.",
        _POLICY,
    ),
    Term(
        "one-line rule", "LLM+tailored",
        "A message every day, tailored to the likelier place; with judge, it may be held back. It learns nothing.",
        _POLICY,
    ),
    Term(
        "coin", "Coin+TS",
        "Holds back at random, at the rate at which the judge would hold back the same proposals. What a judge earns "
        "beyond it comes from listening, not from sending less.",
        _POLICY,
    ),
    Term(
        "planner", "",
        "A policy that knows the equations, keeps a belief in whether the person can walk, and plans to the end "
        "of the study.",
        _POLICY,
    ),
    Term(
        "model-based learner", "",
        "A policy that knows the equations’ form but none of their numbers: it estimates them from one person’s texts "
        "and steps during the study, and plans on what it has learned so far. It may begin with what a pilot taught.",
        _POLICY,
    ),
    Term(
        "pilot", "",
        "A small study before the study proper. Here: 20 other simulated people, to whom messages are sent at random.",
        _POLICY,
    ),
    Term(
        "optimum", "",
        "The best that can be done by somebody who is told each day’s hidden truth and plans to the end, without "
        "knowing tomorrow. No real study can reach it.",
        _POLICY,
    ),
    Term(
        "regret", "",
        "What an action costs against the best possible one, counted to the end of the study, in steps.",
        _POLICY,
    ),
    Term(
        "judge", "",
        "The language model that reads what the person writes and says whether a message may be sent. It sees the"
        " words only: neither sensor nor numbers nor the truth.",
        _JUDGE,
    ),
    Term(
        "P(send)", "",
        "The judge’s probability that a message may be sent now, between 0 and 1, from the likelihoods of its own"
        " words.",
        _JUDGE,
    ),
    Term(
        "unsure", "",
        "Said of a verdict whose P(send) lies in a band around one half. What is then done is a setting; by "
        "default the message is held back.",
        _JUDGE,
    ),
    Term(
        "filter", "",
        "The rule that turns the judge’s verdict into what is done.",
        _JUDGE,
    ),
    Term(
        "words", "",
        "What the person writes that day, on days on which they write at all. The judge reads nothing else.",
        _JUDGE,
    ),
    Term(
        "held back", "veto",
        "Said of a message that the policy proposed and the filter did not send. That is right if the person could "
        "not walk that day, and wrong if they could. Papers call it a veto.",
        _JUDGE,
    ),
    Term(
        "agreement with the truth", "",
        "Share of days on which what was done is what the truth would have allowed: the proposal if the person "
        "could walk, nothing if not.",
        _JUDGE,
    ),
    Term(
        "few-shot judge", "",
        "The language model as it is, shown a few examples in its prompt.",
        _JUDGE,
    ),
    Term(
        "tuned judge", "",
        "The same model after a short training on labelled statements.",
        _JUDGE,
    ),
    Term(
        "anecdote", "",
        "One seed. It can turn out the other way for the next person, so one run shows how something happens, "
        "never that it does.",
        _EVIDENCE,
    ),
    Term(
        "95 % interval", "",
        "A range made by a rule that holds the true value in 95 of 100 repetitions of the whole experiment.",
        _EVIDENCE,
    ),
    Term(
        "paired difference", "",
        "The difference between two methods on the same seeds, person by person. Much of the luck cancels, which "
        "no real study can have.",
        _EVIDENCE,
    ),
    Term(
        "Monte Carlo error", "",
        "How much a simulated number would move with other seeds. More seeds make it smaller.",
        _EVIDENCE,
    ),
    Term(
        "kappa", "κ",
        "Agreement beyond what chance alone would give: 0 is chance, 1 is perfect.",
        _EVIDENCE,
    ),
    Term(
        "calibrated", "",
        "Said of a judge whose P(send) of 0.8 turns out right in 80 of 100 cases.",
        _EVIDENCE,
    ),
)  # fmt: skip

_MEANINGS = {term.name: term.meaning for term in TERMS}


def meaning(name: str) -> str:
    """Return what a word means.

    Args:
        name: of a term.
    Raises: KeyError for a word that is not in the glossary.
    """
    return _MEANINGS[name]


def by_group() -> dict[str, tuple[Term, ...]]:
    """Return the terms in their groups, in order."""
    return {
        group: tuple(term for term in TERMS if term.group == group) for group in dict.fromkeys(t.group for t in TERMS)
    }
