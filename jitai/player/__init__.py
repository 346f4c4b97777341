"""The player: a component that has a whole run and draws it in the browser.

``contract`` says what it is given, ``component`` mounts it on a page, ``standalone`` writes it into a file that opens
without a server, ``assets`` joins its JavaScript modules. Nothing here knows an equation of the model.
"""
