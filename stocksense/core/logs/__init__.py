"""Log lines: one JSON object per event in production, the same fields as readable text on one machine.

Every line, also one of a library, passes one formatter: it adds who asked (request id, user, route) and takes secrets
out.
"""
