"""Words that speak against or for a walk: a list written from common sense and the corpus's labelling rule.

It was written before any statement of the test part was looked at, and not revised afterwards. English has the most
words; Spanish, French, German and Portuguese have the plainest ones, as a study team with an afternoon would write
them. Entries are beginnings of words: "hurt" finds "hurts" and "hurting"; one that ends in a space is a whole word.
"""

AGAINST: tuple[str, ...] = (
    # injury and pain
    "hurt", "pain", "ache", "aching", "sore", "injur", "sprain", "twisted", "fractur", "broken", "broke my", "swollen",
    "swelling", "limp", "crutch", "wheelchair", "cast on", "blister", "bruis", "cramp", "pulled a", "surgery",
    "stitches", "bleeding", "bandage", "physio", "can barely",
    # illness and exhaustion
    "sick", "ill ", "fever", "flu ", "covid", "cough", "nausea", "nauseous", "vomit", "throwing up", "dizzy", "faint",
    "migraine", "headache", "asthma", "hospital", "infection", "exhaust", "tired", "worn out", "drained", "wiped out",
    "no energy", "in bed", "bedridden", "hungover", "unwell", "under the weather", "weak", "short of breath",
    # mood
    "depress", "hopeless", "anxious", "panic", "overwhelm", "crying", "miserable", "grieving", "can't face", "funeral",
    # no time, or bound
    "busy", "no time", "deadline", "meeting", "swamped", "stuck", "on call", "exam", "driving", "on a plane",
    "on a train", "at work until", "babysit", "watching the kids", "looking after", "taking care of", "waiting for",
    # weather and surroundings
    "rain", "storm", "thunder", "lightning", "snow", "blizzard", "icy", "black ice", "hail", "flood", "hurricane",
    "heat wave", "heatwave", "too hot", "too cold", "freezing", "smog", "smoke", "air quality", "unsafe", "dangerous",
    "not safe", "too dark", "pitch dark", "police", "shooting",
    # a doctor's order
    "doctor said no", "doctor told me", "doctor's orders", "bed rest", "stay off", "forbid", "forbidden",
    "not allowed", "not supposed to",
    # consent
    "stop text", "stop send", "stop messag", "stop ping", "unsubscribe", "leave me alone", "opt out", "stop ",
    "quit send", "no more messages", "no more texts", "don't text", "don't message", "don't send", "don't contact",
    "withdraw",
    # plainly
    "can't walk", "cannot walk", "can't go", "cannot go", "can't move", "can't stand", "unable to", "not able to",
    "won't be walking", "can't get out", "can't leave", "can't today", "not today", "not now", "no way",
    # Spanish
    "me duele", "dolor", "enferm", "fiebre", "cansad", "agotad", "lesion", "no puedo", "ocupad", "sin tiempo", "llueve",
    "lloviendo", "tormenta", "no quiero", "mareo", "mareado", "mareada", "gripe", "reunion", "reunión",
    # French
    "j'ai mal", "mal au", "mal à", "douleur", "malade", "fièvre", "fatigué", "épuisé", "bless", "je ne peux pas",
    "peux pas", "occupé", "pas le temps", "il pleut", "orage", "arrêtez", "réunion", "cassé",
    # German
    "weh ", "schmerz", "krank", "fieber", "müde", "erschöpft", "verletzt", "kann nicht", "keine zeit", "beschäftigt",
    "regnet", "gewitter", "glatteis", "gebrochen", "verstaucht", "grippe", "termin", "hört auf", "aufhören",
    # Portuguese
    "dói", "doendo", "doente", "febre", "cansado", "cansada", "exausto", "exausta", "machuc", "não posso",
    "não consigo", "ocupado", "ocupada", "sem tempo", "chovendo", "tempestade", "parem", "reunião",
)  # fmt: skip
"""Each speaks against a message now."""

IN_FAVOUR: tuple[str, ...] = (
    "feeling great", "feel great", "feeling good", "feel good", "feeling fine", "feel fine", "feeling well",
    "feel well", "feeling better", "feel better", "healthy", "healed", "recovered", "pain-free", "painless", "energ",
    "rested", "ready", "sunny", "sunshine", "lovely day", "beautiful day", "nice weather", "free time", "have time",
    "free now", "all done", "finished", "love to", "up for", "let's go", "can walk", "could go", "want to walk",
    "going for a walk", "cleared me", "all clear", "keep texting", "keep sending", "happy to", "good mood",
    "well again", "safe ",
    "me siento bien", "descansad", "soleado", "tengo tiempo", "con ganas",
    "je me sens bien", "en forme", "du soleil", "j'ai le temps", "reposé",
    "geht mir gut", "fühle mich gut", "gesund", "ausgeruht", "sonnig", "habe zeit", "zeit für",
    "me sinto bem", "descansado", "ensolarado", "tenho tempo", "com vontade",
)  # fmt: skip
"""Each speaks for it; none is needed, because what says nothing against a walk counts as able to walk."""

NEGATIONS: tuple[str, ...] = (
    "not", "no", "never", "without", "isn't", "aren't", "wasn't", "don't", "doesn't", "didn't", "hasn't", "haven't",
    "won't", "nothing", "neither", "nor", "hardly", "far from", "anything but", "isnt", "dont", "doesnt", "aint",
    "ain't", "sin", "nunca", "pas", "plus", "sans", "jamais", "nicht", "kein", "keine", "keinen", "ohne", "nie", "não",
    "nao", "sem",
)  # fmt: skip
"""Whole words that turn around what follows within REACH words."""

REACH = 3
"""Words between a negation and what it negates, at most."""
