"""The report as PDF: `sheet` sets type and draws tables, `parts` says what stands on the pages, `document` puts them
together."""
