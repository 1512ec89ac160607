"""A generated company to try the software on, written as an import folder."""

from stocksense.company.demo.company import DemoSummary, write_demo_company

__all__ = ["DemoSummary", "write_demo_company"]
