"""Open questions of workflows: how commands show and answer them."""
