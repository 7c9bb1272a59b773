"""Documents: the same elements as Markdown, HTML, PDF, CSV and XLSX."""
