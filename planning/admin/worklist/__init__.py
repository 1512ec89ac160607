"""The worklist: proposals that need a decision, the dearest first."""
