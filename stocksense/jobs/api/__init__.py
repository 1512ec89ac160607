"""Long work over REST: what asks for it answers 202 with the job's address (`accepted`)."""
