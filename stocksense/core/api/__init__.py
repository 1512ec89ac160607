"""What every resource of the REST API shares: rows, filters, pages, errors, preconditions. It knows no resource."""
