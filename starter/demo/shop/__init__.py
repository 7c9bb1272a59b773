"""The example customer's web shop, as it is copied to the demo's hosts; it knows nothing of Driftvakt."""
