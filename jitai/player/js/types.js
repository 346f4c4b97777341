/**
 * The shapes that the modules pass to each other. The JSON from Python is described in contract.py; model.js turns it
 * into these. Days count from 1; habituation, risk and probabilities lie in 0..1; steps are the model's units.
 *
 * @typedef {object} Truth
 * @property {boolean} canWalk
 * @property {number} context 0 or 1
 * @property {number} allowed the action that the truth would have allowed
 * @property {boolean} known false where a person typed words and did not say whether they are true
 *
 * @typedef {object} Day
 * @property {number} day
 * @property {number} proposed action 0..3
 * @property {number} done action 0..3
 * @property {boolean} held a message was proposed and none was sent
 * @property {boolean} vetoed the judge did that, and no rule for failures and no person
 * @property {number} steps
 * @property {number} sum steps up to this day
 * @property {number} habituation after the day
 * @property {number} risk after the day
 * @property {number | null} sensed context 0 or 1
 * @property {number | null} sure of that context
 * @property {string} words
 * @property {boolean} typed
 * @property {string} verdict "send", "do not send", "unsure" or ""
 * @property {number | null} pSend
 * @property {string} source
 * @property {string} reason
 * @property {number[]} weighed four numbers, or none
 * @property {number[]} expected
 * @property {number[]} spread
 * @property {Truth | null} truth read it only where it is revealed
 *
 * @typedef {object} Split whole numbers that add up to the difference as it is shown
 * @property {number} stayed
 * @property {number} fresher
 * @property {number} action
 * @property {number} chance
 * @property {{heldRightly: number, heldWrongly: number, proposed: number, outside: number} | null} parts of action; null while the truth is hidden
 * @property {string} sentence what matters most; "" before the first day
 *
 * @typedef {object} Line
 * @property {string} key
 * @property {string} name
 * @property {string} short
 * @property {string} letter "" for run and reference
 * @property {number} firstDay from which it differs
 * @property {number | null} leftOn
 * @property {boolean} complete
 * @property {Day[]} days
 * @property {Record<string, any> | null} split columns of Python's `Split`, up to each day, from firstDay on
 *
 * @typedef {object} Run
 * @property {string} identity
 * @property {string} title
 * @property {string} detail
 * @property {number} days length of the study
 * @property {number} end the last day that can be shown
 * @property {boolean} complete no more days will come
 * @property {Line} line
 * @property {Line | null} reference
 * @property {Line[]} branches
 * @property {{stepsSoFar: number, stepsADay: number, weighing: {label: string, low: number, high: number} | null}} axes
 * @property {{question: string, subject: string, without: string}} answer
 * @property {string} manySeeds
 * @property {number | null} bestTotal steps of the whole study under the best possible policy
 * @property {number} startHabituation
 * @property {number} startRisk
 * @property {number} leavesAt
 * @property {[number, number] | null} unsure
 * @property {{name: string, context?: number}[]} actions
 * @property {string[]} contexts
 * @property {{canFork: boolean, revealLocked: boolean, revealNote: string, suggestions: string[], tellsViewer: boolean, plays: boolean, small: boolean, scenes: Scene[]}} options
 * @property {boolean} hasTruth
 * @property {string} notice
 * @property {Record<string, string>} terms what a word means, by its place
 * @property {number} answered number of the last request that Python has answered
 *
 * @typedef {{day: number, caption: string, why: boolean, revealed: boolean}} Scene
 *
 * @typedef {object} State what the viewer has done; see state.js
 * @property {string} identity
 * @property {number} day
 * @property {number} seen the last day that was shown
 * @property {boolean} playing
 * @property {number} speed days a second
 * @property {boolean} revealed
 * @property {boolean} why
 * @property {string} whyOf letter of a branch, or "" for the reference
 * @property {string} lead key of the line that card and bars follow
 * @property {number} hover day, or 0
 * @property {boolean} presenting
 * @property {"" | "light" | "dark"} theme chosen by the viewer
 * @property {string[]} removed keys of branches
 * @property {string[]} known keys of branches that have arrived
 * @property {string} pending what is being lived, in words; "" for nothing
 * @property {number} asked number of the last request to Python
 *
 * @typedef {object} Measure sizes, read from the style sheet once per change of size
 * @property {number} width of the picture
 * @property {number} height of the picture
 * @property {number} font small size
 * @property {number} gutter for titles on the left; 0: titles stand above
 * @property {number} scale for numbers on the right
 * @property {number} card width of the card's pictures
 * @property {boolean} brief few words fit
 * @property {boolean} strip draws on one strip
 *
 * @typedef {object} View everything that a drawing function of the tracks reads
 * @property {string} id prefix of the ids inside one drawing
 * @property {Run} run
 * @property {Line} lead
 * @property {Line[]} branches those that are not removed
 * @property {number} day
 * @property {number} seen
 * @property {boolean} revealed
 * @property {import("./layout.js").Layout} layout
 * @property {number} font
 * @property {boolean} brief
 */
