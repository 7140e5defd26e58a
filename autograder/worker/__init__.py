"""The untrusted side: it runs a submission's cells and calls its functions, inside the sandbox.

Nothing here knows a right answer. What it says is only ever taken as a value.
"""
