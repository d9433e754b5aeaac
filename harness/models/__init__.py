"""The metadata that the user's `env.py` sees, and the models that it does not.

`survey.survey` finds out, `judge.judge` tells the faults, `advice.advise` the fix; `harness.checks.imports` reports.
"""
