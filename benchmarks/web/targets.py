"""What the API is to reach on two quiet cores that also carry the database and the load, and whether it did."""

from dataclasses import dataclass

from benchmarks.web.hammer import Measured


@dataclass(frozen=True)
class Target:
    """At most this much processor time per request, and at least that many requests per second."""

    cpu_ms: float
    rate: float

    def judged(self, measured: Measured) -> str:
        """Both halves, each with its verdict."""
        cpu = verdict(measured.total_cpu_ms <= self.cpu_ms)
        rate = verdict(measured.rate >= self.rate)
        return f"<= {self.cpu_ms} ms: {cpu}, >= {self.rate:,.0f}/s: {rate}"


TARGETS = {
    "detail": Target(2.0, 900),
    "list of 50": Target(2.8, 600),
    "list of 50, unchanged": Target(0.9, 2000),
    "movement POST": Target(3.5, 350),
}
PEOPLE_P95_MS = 150.0
SOCKETS_P99_MS = 600.0
MEMORY_MB = 500.0


def verdict(reached: bool) -> str:
    """The word printed beside a target."""
    return "hit" if reached else "MISS"
