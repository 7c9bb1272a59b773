"""Charts as SVG: readable without colours, on screens in light and dark, and on paper."""
