"""Pages: one self-contained HTML file each, by Jinja2 with autoescape; templates, style and script lie beside."""
