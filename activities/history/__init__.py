"""The history of measuring points: folds the monitor's samples into spans and figures, keeps them, and returns them."""
