"""One script per claim: each measures StockSense, where there is one beside its peer."""
