"""The example customer's web shop. The demo copies it to its hosts; it does not know of Driftvakt."""
